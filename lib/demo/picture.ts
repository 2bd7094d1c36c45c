import sharp from 'sharp'
import { HEIGHT, pixelOf, seen, WIDTH, type Camera } from './camera.js'
import type { Mesh } from './mesh.js'
import { cross, dot, subtract, unit, type Vector } from './vector.js'

const LIGHT = unit([0.4, -0.3, 0.85])

interface Patch { depth: number, svg: string }

function patch (corners: [Vector, Vector, Vector], colour: readonly number[], camera: Camera): Patch {
  const [a, b, c] = corners
  const views = corners.map(corner => seen(camera, corner))
  const normal = unit(cross(subtract(b, a), subtract(c, a)))
  const lit = 0.55 + 0.45 * Math.abs(dot(normal, LIGHT))
  const fill = `rgb(${colour.map(part => Math.round(part * lit)).join()})`
  const points = views.map(view => pixelOf(view).map(part => part.toFixed(1)).join()).join(' ')
  // The stroke covers the seams between neighbours.
  return { depth: views.reduce((sum, view) => sum + view[2], 0), svg: `<polygon points="${points}" fill="${fill}" stroke="${fill}"/>` }
}

/** A photograph of a surface: a JPEG of 640 x 480 pixels, with what is near drawn over what is far. */
export function photograph (mesh: Mesh, camera: Camera): Promise<Buffer> {
  const patches = mesh.faces.map(face => {
    const [a, b, c] = face.map(i => mesh.vertices[i]!) as [Vector, Vector, Vector]
    return patch([a, b, c], mesh.colours[face[0]]!, camera)
  })
  patches.sort((one, other) => other.depth - one.depth)
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">`,
    '<rect width="100%" height="100%" fill="#23262b"/>',
    ...patches.map(({ svg }) => svg),
    '</svg>'
  ]
  return sharp(Buffer.from(svg.join(''))).jpeg({ quality: 90 }).toBuffer()
}
