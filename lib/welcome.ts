interface Served { host: string, port: number, password: string | undefined }

const inUrl = (host: string): string => {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** What is printed once the service serves: where it is and how to sign in. */
export function welcome ({ host, port, password }: Served): string {
  const url = `http://${inUrl(host)}:${port}`
  const account = password === undefined
    ? []
    : [
        '',
        '  The first account was made. Its password is shown this once:',
        '    user      admin',
    `    password  ${password}`
      ]
  const secret = password ?? 'YOUR-PASSWORD'
  return ['',
    `  Guardcell serves on ${url}`,
    `  The routes, to read and to try: ${url}/docs`,
    ...account,
    '',
    '  Sign in:',
    `    curl -s ${url}/v1/auth/login -H 'content-type: application/json' -d '${JSON.stringify({ username: 'admin', password: secret })}'`,
    '', ''
  ].join('\n')
}
