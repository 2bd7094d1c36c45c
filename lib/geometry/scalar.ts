/** A type of numbers in a PLY file. */
export interface Scalar {
  /** How many bytes one takes in a binary file. */
  bytes: number
  isWhole: boolean
  /** Reads one, little-endian. */
  read: (view: DataView, at: number) => number
}

const int8: Scalar = { bytes: 1, isWhole: true, read: (view, at) => view.getInt8(at) }
const int16: Scalar = { bytes: 2, isWhole: true, read: (view, at) => view.getInt16(at, true) }
const uint16: Scalar = { bytes: 2, isWhole: true, read: (view, at) => view.getUint16(at, true) }
const int32: Scalar = { bytes: 4, isWhole: true, read: (view, at) => view.getInt32(at, true) }
const uint32: Scalar = { bytes: 4, isWhole: true, read: (view, at) => view.getUint32(at, true) }
const float32: Scalar = { bytes: 4, isWhole: false, read: (view, at) => view.getFloat32(at, true) }
const float64: Scalar = { bytes: 8, isWhole: false, read: (view, at) => view.getFloat64(at, true) }

/** The type of colour channels. */
export const uint8: Scalar = { bytes: 1, isWhole: true, read: (view, at) => view.getUint8(at) }

/** All types by the names of the first PLY programs and by those that came later. */
export const scalars: ReadonlyMap<string, Scalar> = new Map([
  ['char', int8], ['int8', int8], ['uchar', uint8], ['uint8', uint8],
  ['short', int16], ['int16', int16], ['ushort', uint16], ['uint16', uint16],
  ['int', int32], ['int32', int32], ['uint', uint32], ['uint32', uint32],
  ['float', float32], ['float32', float32], ['double', float64], ['float64', float64]
])
