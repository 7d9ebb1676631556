// The map: outlines of Natural Earth, and a point for each place that grows with its events, in the colour of most of them.
import { ask } from './ask.js'
import { shape } from './chart.js'
import { makeZoom } from './zoom.js'

/** Equirectangular, without Antarctica: one unit is a degree. */
const [WEST, EAST, NORTH, SOUTH] = [-180, 180, 84, -58]
const x = lon => lon - WEST
const y = lat => NORTH - lat

let outline

/** The outlines of all countries as one path; the arcs of TopoJSON are whole numbers, each from the one before. */
async function readOutline() {
  outline ??= ask('/console/vendor/countries-110m.json').then(topology => {
    const { scale, translate } = topology.transform
    const arcs = topology.arcs.map(arc => {
      let [lon, lat] = [0, 0]
      return arc.map(([right, up]) => {
        lon += right
        lat += up
        return [lon * scale[0] + translate[0], lat * scale[1] + translate[1]]
      })
    })
    // Of a negative number the arc runs backwards (TopoJSON 2.1.4).
    const points = number => number < 0 ? [...arcs[~number]].reverse() : arcs[number]
    const ring = numbers => drawRing(numbers.flatMap(points))
    const rings = ({ type, arcs }) => type === 'Polygon' ? arcs : type === 'MultiPolygon' ? arcs.flat() : []
    return topology.objects.countries.geometries.flatMap(rings).map(ring).join('')
  })
  return outline
}

/** A ring that crosses the 180th meridian goes on beyond the edge, and once more comes in from the other. */
function drawRing(points) {
  let turns = 0
  const whole = points.map(([lon, lat], at) => {
    if (at && Math.abs(lon - points[at - 1][0]) > 180) turns += lon < points[at - 1][0] ? 360 : -360
    return [lon + turns, lat]
  })
  const path = by => 'M' + whole.map(([lon, lat]) => `${x(lon + by).toFixed(1)} ${y(lat).toFixed(1)}`).join('L') + 'Z'
  const east = whole.some(([lon]) => lon > EAST) ? path(-360) : ''
  const west = whole.some(([lon]) => lon < WEST) ? path(360) : ''
  return path(0) + east + west
}

/** Draws the places; a click on one asks for it. What one has zoomed to stays. */
export async function drawMap(figure, places, choose) {
  const land = await readOutline()
  const svg = shape('svg', { viewBox: `0 0 ${EAST - WEST} ${NORTH - SOUTH}`, role: 'group', 'aria-label': 'Events by place' })
  svg.append(shape('path', { class: 'land', d: land }))
  const sum = place => place.quads.reduce((a, b) => a + b, 0)
  const most = Math.max(1, ...places.map(sum))
  const points = []
  // The greatest come first and lie below: a small one stays in reach. Past 400 points nobody tells them apart.
  for (const place of places.slice(0, 400)) {
    const quad = place.quads.indexOf(Math.max(...place.quads)) + 1
    const name = place.country ? `${place.name}, ${place.country}` : place.name
    const point = shape('circle', {
      class: `place q${quad}`, cx: x(place.lon), cy: y(place.lat),
      tabindex: 0, role: 'button', 'aria-label': `${name}: ${sum(place)} events`,
    })
    point.append(shape('title', {}, `${name}: ${sum(place)}`))
    point.onclick = () => choose(place.name)
    point.onkeydown = event => { if (event.key === 'Enter') choose(place.name) }
    points.push([point, 1.3 + 6 * Math.sqrt(sum(place) / most)])
    svg.append(point)
  }
  figure.querySelector('svg')?.remove()
  figure.prepend(svg)
  // A point is as large on the screen however near one looks: what overlaps comes apart.
  makeZoom(figure, svg, part => {
    for (const [point, radius] of points) point.setAttribute('r', (radius * part).toFixed(3))
  })
}
