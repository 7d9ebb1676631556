// The chart over time: a bar a day, or a week or month where days are too many, stacked by quad class.
import { QUADS } from './words.js'

const SVG = 'http://www.w3.org/2000/svg'
// As wide and high as the map beside it.
const [WIDTH, HEIGHT, FOOT] = [480, 189, 16]
/** More bars than this are narrower than a pixel or two on a phone. */
const MOST_BARS = 120

export function shape(name, given, text) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(given)) element.setAttribute(key, value)
  if (text != null) element.textContent = text
  return element
}

const day = date => date.toISOString().slice(0, 10)
const STEPS = [
  { next: date => date.setUTCDate(date.getUTCDate() + 1), first: date => date },
  { next: date => date.setUTCDate(date.getUTCDate() + 7), first: date => date },
  { next: date => date.setUTCMonth(date.getUTCMonth() + 1), first: date => new Date(date.toISOString().slice(0, 7) + '-01') },
  { next: date => date.setUTCFullYear(date.getUTCFullYear() + 1), first: date => new Date(date.toISOString().slice(0, 4) + '-01-01') },
]

/** Equal steps of time from the first day to the last, the finest that fit. */
function cutTime(days) {
  if (!days.length) return []
  const last = days.at(-1).day
  for (const step of STEPS) {
    const bins = []
    for (let date = step.first(new Date(days[0].day)); day(date) <= last && bins.length <= MOST_BARS;) {
      const from = day(date)
      step.next(date)
      bins.push({ from, to: day(new Date(date.getTime() - 864e5)), quads: [0, 0, 0, 0] })
    }
    if (bins.length <= MOST_BARS || step === STEPS.at(-1)) return fill(bins, days)
  }
}

function fill(bins, days) {
  let at = 0
  for (const { day, quads } of days) {
    while (at < bins.length - 1 && bins[at].to < day) at += 1
    quads.forEach((number, quad) => { bins[at].quads[quad] += number })
  }
  return bins
}

/** The first, the last and some between them, and how many the highest bar is. */
function drawAxis(svg, bins, width, most) {
  if (!bins.length) return
  const isLong = bins.at(-1).to > bins[0].to && Date.parse(bins.at(-1).to) - Date.parse(bins[0].from) > 3 * 366 * 864e5
  const name = bin => isLong ? bin.from.slice(0, 4) : bin.from
  const line = (x, text, anchor) => svg.append(shape('text', { class: 'axis', x, y: HEIGHT - 4, 'text-anchor': anchor }, text))
  const end = Math.max(bins.length * width, 120)
  line(0, name(bins[0]), 'start')
  if (bins.length > 1) line(end, name(bins.at(-1)), 'end')
  for (const part of bins.length >= 12 ? [0.25, 0.5, 0.75] : []) {
    const at = Math.round(part * (bins.length - 1))
    line((at + 0.5) * width, name(bins[at]), 'middle')
  }
  svg.append(shape('line', { class: 'ground', x1: 0, x2: WIDTH, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT }))
  svg.append(shape('text', { class: 'axis', x: 0, y: 11 }, `${most.toLocaleString('en')} at most`))
}

/** Draws the days; a click on a bar asks for its time. */
export function drawChart(figure, days, choose) {
  const bins = cutTime(days)
  const sum = bin => bin.quads.reduce((a, b) => a + b, 0)
  const most = Math.max(1, ...bins.map(sum))
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'group', 'aria-label': 'Events over time' })
  const width = WIDTH / Math.max(bins.length, 12)
  bins.forEach((bin, number) => {
    if (!sum(bin)) return
    const span = bin.from === bin.to ? bin.from : `${bin.from} to ${bin.to}`
    const bar = shape('g', { class: 'bar', tabindex: 0, role: 'button', 'aria-label': `${sum(bin)} events, ${span}` })
    bar.append(shape('title', {}, `${span}: ${sum(bin)}`))
    let y = HEIGHT - FOOT
    bin.quads.forEach((count, quad) => {
      const height = count / most * (HEIGHT - FOOT - 12)
      y -= height
      if (count) bar.append(shape('rect', { class: `q${quad + 1}`, x: number * width, y, width: Math.max(width - 1, 1), height }))
    })
    bar.onclick = () => choose(bin.from, bin.to)
    bar.onkeydown = event => { if (event.key === 'Enter') choose(bin.from, bin.to) }
    svg.append(bar)
  })
  drawAxis(svg, bins, width, most)
  figure.querySelector('svg')?.remove()
  figure.prepend(svg)
}

/** The colours and what they mean. */
export function drawLegend(element) {
  for (let quad = 1; quad <= 4; quad += 1) {
    const line = document.createElement('span')
    const dot = document.createElement('i')
    dot.className = `q${quad}`
    line.append(dot, QUADS[quad])
    element.append(line)
  }
}

/** A small line of numbers, equally far apart. */
export function drawSparkline(numbers) {
  const [width, height] = [90, 18]
  const most = Math.max(1, ...numbers)
  const total = numbers.reduce((a, b) => a + b, 0)
  const svg = shape('svg', { viewBox: `0 0 ${width} ${height}`, class: 'sparkline', role: 'img', 'aria-label': `${total} events in ${numbers.length} days` })
  const step = width / (numbers.length - 1)
  const points = numbers.map((number, at) => `${(at * step).toFixed(1)},${(height - 1 - number / most * (height - 3)).toFixed(1)}`)
  svg.append(shape('title', {}, `${total} events in ${numbers.length} days, ${most} on the fullest`), shape('polyline', { points: points.join(' ') }))
  return svg
}
