import { Problem } from './schema.js'

type Serialize = (answer: unknown) => string
/** Makes the serializer of an answer from its schema; `S` and `O` are the framework's. */
type Factory<S, O, R> = (schemas?: S, options?: O) => (route: R) => Serialize

const isProblem = (schema: unknown): boolean => (schema as { $ref?: string } | undefined)?.$ref === `${Problem.$id}#`

/** Makes a serializer when something is first serialized. */
function lazily (make: () => Serialize): Serialize {
  let made: Serialize | undefined
  return answer => (made ??= make())(answer)
}

/**
 * A factory of serializers that are made when they are needed, and not at all for problem documents:
 * `plugins/errors.ts` writes those without one. Making them took longer than all else at a start.
 */
export const whenNeeded = <S, O, R extends { schema?: unknown }>(factory: Factory<S, O, R>): Factory<S, O, R> => (schemas, options) => {
  const compile = factory(schemas, options)
  return route => isProblem(route.schema) ? JSON.stringify : lazily(() => compile(route))
}
