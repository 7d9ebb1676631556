// The feeds: health, rhythm, silence and moves of each, and what its site has told of late.
import { ask, tell } from './ask.js'
import { drawSparkline } from './chart.js'
import { ago, count, keepDrawn, lasting, link, make, outside } from './words.js'

/** A screen of feeds and a hundred more; the filter finds the others. */
const MOST_FEEDS = 500
const BAD = ['failing', 'disabled', 'silent', 'held']
const ORDER = ['failing', 'disabled', 'held', 'silent', 'new', 'ok']
const HEADS = ['Feed', 'State', 'Last success', 'Last news', 'Next poll', 'Rhythm', 'New a day', 'Silence', 'Events, 30 days', 'Why']
/** Heads over numbers. */
const NUMBERS = ['Rhythm', 'New a day', 'Silence']
/** Days of a sparkline. */
const DAYS = 30

/** The events of each day of a site, asked for once a visit and one after another. */
function askDays() {
  const first = new Date(Date.now() - (DAYS - 1) * 864e5).toISOString().slice(0, 10)
  const known = new Map()
  let last = Promise.resolve()
  return site => {
    if (!known.has(site)) {
      last = last.then(() => ask(`/api/summary?${new URLSearchParams({ source: site, from: first })}`)).catch(() => ({ days: [] }))
      known.set(site, last.then(({ days }) => {
        const numbers = Array(DAYS).fill(0)
        for (const { day, quads } of days) {
          const at = Math.round((Date.parse(day) - Date.parse(first)) / 864e5)
          if (at < DAYS) numbers[at] = quads.reduce((a, b) => a + b, 0)
        }
        return numbers
      }))
    }
    return known.get(site)
  }
}

/** The site of a feed among those that have events. */
function findSite(url, sites) {
  let host
  try { host = new URL(url).hostname } catch { return null }
  return sites.find(site => host === site || host.endsWith(`.${site}`))
}

function feedRow(feed, spark) {
  const state = make('td', { textContent: feed.state, className: feed.state === 'ok' ? 'good' : BAD.includes(feed.state) ? 'bad' : '' })
  const moved = feed.moved_to ? `moved to ${feed.moved_to}` : null
  const why = [feed.failure ?? feed.next_why, moved].filter(Boolean).join('; ')
  const cell = make('td', { className: 'cut muted' }, outside(why))
  cell.title = why
  return make('tr', {},
    make('td', { className: 'cut' }, link(feed.url, feed.name ?? feed.url)), state,
    make('td', { textContent: ago(feed.last_success) }), make('td', { textContent: ago(feed.last_new) }), make('td', { textContent: ago(feed.next_poll) }),
    make('td', { className: 'n', textContent: lasting(feed.interval_s) }),
    make('td', { className: 'n', textContent: feed.new_a_day == null ? '' : feed.new_a_day.toFixed(1) }),
    make('td', { className: 'n', textContent: feed.silence == null ? '' : `${feed.silence.toFixed(1)} ×` }),
    make('td', { className: 'spark' }, spark), cell)
}

/** Shows the feeds. */
export async function showFeeds(main, { query }, isShown) {
  const search = make('input', { type: 'search', value: query.get('q') ?? '' })
  const state = make('select', {}, ...['', ...ORDER].map(value => make('option', { value, textContent: value || 'any' })))
  state.value = query.get('state') ?? ''
  const body = make('tbody')
  main.append(make('form', { className: 'filter', role: 'search', onsubmit: event => event.preventDefault() },
    make('label', { className: 'wide' }, 'Search', search), make('label', {}, 'State', state)),
  make('div', { className: 'scroll' }, make('table', { className: 'feeds' },
    make('thead', {}, make('tr', {}, ...HEADS.map(head => make('th', { scope: 'col', textContent: head, className: NUMBERS.includes(head) ? 'n' : null })))), body)))
  let last = []
  let sites = []
  const daysOf = askDays()
  const sparks = new Map()
  const sparkOf = url => {
    const site = findSite(url, sites)
    if (!site) return null
    if (!sparks.has(url)) {
      const figure = make('span')
      sparks.set(url, figure)
      daysOf(site).then(numbers => figure.append(drawSparkline(numbers)))
    }
    return sparks.get(url)
  }
  const draw = () => {
    const word = search.value.toLowerCase()
    const wanted = last.filter(feed => (!state.value || feed.state === state.value) && `${feed.name ?? ''} ${feed.url}`.toLowerCase().includes(word))
    wanted.sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.id.localeCompare(b.id))
    body.replaceChildren(...wanted.slice(0, MOST_FEEDS).map(feed => feedRow(feed, sparkOf(feed.url))))
    if (!wanted.length) body.append(make('tr', {}, make('td', { colspan: HEADS.length, className: 'muted', textContent: last.length ? 'No such feed.' : 'No feed is listed, or none is polled yet: dateline feeds add https://a.news.site/' })))
    for (const option of state.options) {
      const number = last.filter(feed => !option.value || feed.state === option.value).length
      option.textContent = `${option.value || 'any'} (${number})`
    }
    tell(`${count(wanted.length, 'feed')}${wanted.length > MOST_FEEDS ? `, the first ${MOST_FEEDS} shown` : ''}`)
  }
  search.oninput = state.onchange = () => {
    history.replaceState(null, '', `#feeds?${new URLSearchParams({ q: search.value, state: state.value })}`)
    draw()
  }
  const summary = await ask('/api/summary').catch(() => ({ sources: [] }))
  sites = summary.sources.map(({ name, source }) => name ?? source)
  return keepDrawn(async () => { last = (await ask('/status.json')).feeds; draw() }, isShown, error => tell(error.message, true))
}
