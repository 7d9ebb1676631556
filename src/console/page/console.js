// The parts of the console, which of them is shown, and the keys that work everywhere.
import { readSession, tell } from './ask.js'
import { showEvents } from './events.js'
import { showEvent } from './event.js'
import { showUnpublished } from './unpublished.js'
import { showFeeds } from './feeds.js'
import { showWorker } from './worker.js'

const main = document.getElementById('main')
const parts = { events: showEvents, event: showEvent, unpublished: showUnpublished, feeds: showFeeds, worker: showWorker }
const TITLES = { events: 'Events', event: 'Event', unpublished: 'Not published', feeds: 'Feeds', worker: 'Worker' }
let leave = () => {}
let shown = ''
/** Whether the page before this one in the browser's memory is one of the console. */
let cameFromHere = false

/** The address behind `#`: the part, what is open in it, and the filter. */
function readAddress() {
  const [path, query = ''] = location.hash.slice(1).split('?')
  const [part, id = ''] = path.split('/')
  return { part: parts[part] ? part : 'events', id: decodeURIComponent(id), query: new URLSearchParams(query) }
}

async function show() {
  const address = readAddress()
  leave()
  leave = () => {}
  for (const link of document.querySelectorAll('nav a')) {
    const isCurrent = link.dataset.part === (address.part === 'event' ? 'events' : address.part)
    if (isCurrent) link.setAttribute('aria-current', 'page')
    else link.removeAttribute('aria-current')
  }
  main.replaceChildren()
  main.dataset.part = address.part
  document.title = `${TITLES[address.part]} · dateline`
  window.scrollTo(0, 0)
  const mine = shown = location.hash
  try {
    const left = await parts[address.part](main, address, () => shown === mine)
    if (shown === mine) leave = left ?? (() => {})
    else left?.()
  } catch (error) {
    tell(error.message, true)
  }
}

function isTyping(target) {
  return target.closest?.('input, select, textarea, dialog') != null
}

/** From an event to where one came from; an event that was opened by its link has nothing of ours before it. */
function goBack() {
  if (cameFromHere) history.back()
  else location.hash = '#events'
}

function rows() {
  return [...main.querySelectorAll('tr.opens')]
}

function move(by) {
  const all = rows()
  const at = all.indexOf(document.activeElement)
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

const KEYS = {
  '/': () => main.querySelector('input[type=search]')?.focus(),
  '?': () => document.getElementById('keys').showModal(),
  j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
  1: () => { location.hash = '#events' }, 2: () => { location.hash = '#unpublished' },
  3: () => { location.hash = '#feeds' }, 4: () => { location.hash = '#worker' },
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  // An open dialog has its own Escape.
  if (document.querySelector('dialog[open]')) return
  if (event.key === 'Escape' && isTyping(event.target)) return event.target.blur()
  if (event.key === 'Escape' && readAddress().part === 'event') return goBack()
  if (isTyping(event.target)) return
  if (event.key === 'Enter' && event.target.matches?.('tr.opens')) return event.target.click()
  const act = KEYS[event.key]
  if (act && !(event.key.startsWith('Arrow') && rows().length === 0)) {
    event.preventDefault()
    act()
  }
})

window.addEventListener('hashchange', () => {
  cameFromHere = true
  show()
})
readSession().catch(error => tell(error.message, true))
show()
