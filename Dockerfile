# syntax=docker/dockerfile:1
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY lib lib
COPY plugins plugins
COPY routes routes
RUN node scripts/build.js

FROM ${BASE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 STATE_DIR=/state DATA_DIR=/datasets
WORKDIR /app
# A fresh named volume takes over owner and mode of the folder that it is mounted on.
RUN mkdir -p /state /datasets && chown 1000:1000 /state /datasets && chmod 700 /state
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
USER 1000:1000
VOLUME /state /datasets
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/lib/main.js"]
