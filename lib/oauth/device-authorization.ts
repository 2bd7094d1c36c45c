import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { Devices } from '../pairing/devices.js'
import { DeviceForm, type DeviceAuthorization } from '../pairing/schema.js'
import type { Device } from '../sessions/state.js'
import { requireKnownClient } from './clients.js'
import { checkForm, parametersOf } from './form.js'
import type { Form } from './schema.js'

const check = TypeCompiler.Compile(DeviceForm)

/** The device authorization endpoint (RFC 8628 section 3.1). A form without any parameter is one, too. */
export const createDeviceAuthorization = (devices: Pick<Devices, 'begin'>) =>
  async (sent: Form | null, device: Device): Promise<DeviceAuthorization> => {
    const form = checkForm(check, parametersOf(sent ?? {}))
    requireKnownClient(form.client_id)
    return await devices.begin(form, device)
  }
