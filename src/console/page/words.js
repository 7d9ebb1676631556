// Elements and words: everything that comes from outside enters the page as text, never as markup.

/** An element with properties, attributes (`data-…`, `aria-…`) and children (text or elements; null is left out). */
export function make(name, given = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(given)) {
    if (value == null) continue
    if (key.includes('-') || key === 'role' || key === 'for' || key === 'colspan') element.setAttribute(key, value)
    else element[key] = value
  }
  element.append(...children.filter(child => child != null))
  return element
}

/** Words from outside: their direction is their own, and ends with them. */
export function outside(text, name = 'span') {
  return make(name, { className: 'outside', dir: 'auto', textContent: text ?? '' })
}

/** A link to a page of a publisher; other schemes than http and https are shown as text. */
export function link(url, text) {
  if (!/^https?:\/\//i.test(url ?? '')) return outside(text ?? url)
  return make('a', { href: url, rel: 'noreferrer noopener', target: '_blank', className: 'outside', dir: 'auto', textContent: text ?? url })
}

const STEPS = [[90, 1, 's'], [5400, 60, 'min'], [172800, 3600, 'h'], [Infinity, 86400, 'd']]

/** So many seconds in words. */
export function lasting(seconds) {
  const [, unit, name] = STEPS.find(([most]) => Math.abs(seconds) < most)
  return `${Math.round(Math.abs(seconds) / unit)} ${name}`
}

/** An instant as seen from now. */
export function ago(instant) {
  if (!instant) return 'never'
  const seconds = (Date.now() - Date.parse(instant)) / 1000
  return seconds < 0 ? `in ${lasting(seconds)}` : `${lasting(seconds)} ago`
}

/** A number with its noun. */
export function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

/** A party or place with its country. */
export function named(name, country) {
  const shown = outside(name ?? '')
  if (country) shown.append(make('span', { className: 'muted', textContent: ` ${country}` }))
  return shown
}

export const QUADS = ['', 'verbal cooperation', 'material cooperation', 'verbal conflict', 'material conflict']

const AGAIN_MS = 5000

/** Draws now and again until the part is left. */
export async function keepDrawn(draw, isShown, complain) {
  let timer
  const again = async () => {
    await draw().catch(complain)
    if (isShown()) timer = setTimeout(again, AGAIN_MS)
  }
  await again()
  return () => clearTimeout(timer)
}
