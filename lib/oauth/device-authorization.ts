import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Devices } from '../pairing/devices.js'
import { DeviceForm, type DeviceAuthorization } from '../pairing/schema.js'
import { fail } from '../errors.js'
import type { Device } from '../sessions/state.js'
import type { AuthenticateClient } from './client-authentication.js'
import { checkForm, parametersOf } from './form.js'
import { deviceCodeGrant } from './grants/device-code.js'
import type { Form } from './schema.js'

const check = TypeCompiler.Compile(DeviceForm)

interface Parts { devices: Pick<Devices, 'begin'>, authenticateClient: AuthenticateClient }

/** A request of that endpoint: its Authorization header, if there was one, and where it comes from. */
interface DeviceRequest { authorization: string | undefined, device: Device }

/** The device authorization endpoint (RFC 8628 section 3.1). A form without any parameter is one, too. */
export const createDeviceAuthorization = ({ devices, authenticateClient }: Parts) =>
  async (sent: Form | null, { authorization, device }: DeviceRequest): Promise<DeviceAuthorization> => {
    const parameters = parametersOf(sent ?? {})
    const form = checkForm(check, parameters)
    const client = await authenticateClient(authorization, parameters)
    if (!client.grants.has(deviceCodeGrant.grantType)) return fail('unauthorized_client', { about: { client: client.id } })
    return await devices.begin(form, device, { ...client, proven: client.kind === 'confidential' ? client.name ?? client.id : undefined })
  }
