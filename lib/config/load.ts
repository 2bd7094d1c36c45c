import envSchema, { type EnvSchemaOpt } from 'env-schema'
import { BootError } from '../boot-error.js'
import { Config } from './schema.js'
import { faultsOf } from './faults.js'

/** One of its own, because env-schema writes to it; and one for all calls, because it is compiled once for each object. */
const schema = structuredClone(Config) as NonNullable<EnvSchemaOpt['schema']>

interface SchemaFault {
  instancePath: string
  message?: string
  params?: { allowedValues?: unknown }
}

const sentence = ({ instancePath, message, params }: SchemaFault): string => {
  const allowed = params?.allowedValues
  return `${instancePath.slice(1)} ${message ?? 'is not valid'}${Array.isArray(allowed) ? `: ${allowed.join(', ')}` : ''}`
}

/**
 * Reads the configuration out of environment variables. A variable that is set to nothing counts as
 * absent, because compose files pass unset variables that way.
 * @throws BootError naming every variable that is wrong, never its value: it may be a secret.
 */
export function loadConfig (env: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const config = parse(given)
  const faults = faultsOf(config)
  if (faults.length > 0) throw new BootError(faults)
  return config
}

function parse (given: Record<string, unknown>): Config {
  try {
    return envSchema<Config>({ schema, data: given, env: false })
  } catch (error) {
    const { errors } = error as { errors?: SchemaFault[] }
    if (!errors) throw error
    // The faults that no schema can express are looked for all the same, in what did parse.
    const wrong = new Set(errors.map(fault => fault.instancePath.slice(1)))
    const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name)))
    throw new BootError([...errors.map(sentence), ...faultsOf(parse(rest))])
  }
}
