// One event: the article's text with its parts marked, and how it was decided.
import { ask, tell } from './ask.js'
import { eventTable } from './events.js'
import { link, make, named, outside, QUADS } from './words.js'

/** Spans count Unicode scalar values; a string of JavaScript counts UTF-16 units. */
export function unitOffsets(text) {
  const units = [0]
  for (const letter of text) units.push(units.at(-1) + letter.length)
  return units
}

/** The parts of an event that are spans of the text, each with its class and what it is called. */
export function listSpans(event) {
  const spans = []
  const add = (span, name, title) => {
    if (span?.start != null && span.end > span.start) spans.push({ start: span.start, end: span.end, name, title })
  }
  add(event.trigger, 'act', 'act')
  for (const actor of event.actors) {
    add(actor, 'actor', 'actor')
    add(actor.name_at, 'actor', 'the actor’s name')
  }
  for (const recipient of event.recipients) {
    add(recipient, 'recipient', 'recipient')
    add(recipient.name_at, 'recipient', 'the recipient’s name')
  }
  add(event.location, 'place-word', 'place')
  add(event.date.phrase, 'date', 'date')
  add(event.attribution?.speaker, 'speaker', 'who says so')
  add(event.quote, 'quote', 'quoted')
  for (const [name, size] of Object.entries(event.size)) add(size, 'size', name)
  for (const mention of event.mentions) add(mention.trigger, 'told', 'told again')
  return spans
}

/** The text as paragraphs; spans may lie over each other, so it is cut wherever one begins or ends. */
export function markText(text, paragraphs, spans, sentence) {
  const units = unitOffsets(text)
  const story = make('div', { className: 'story outside', dir: 'auto' })
  const cuts = new Set([sentence.start, sentence.end])
  for (const { start, end } of spans) cuts.add(start).add(end)
  for (const { start, end } of paragraphs.length ? paragraphs : [{ start: 0, end: units.length - 1 }]) {
    const inside = [...cuts].filter(cut => cut > start && cut < end)
    const edges = [start, ...inside.sort((a, b) => a - b), end]
    const paragraph = make('p')
    for (let at = 0; at + 1 < edges.length; at += 1) {
      const [from, to] = [edges[at], edges[at + 1]]
      const words = text.slice(units[from], units[to])
      const over = spans.filter(span => span.start <= from && span.end >= to)
      const isTold = from >= sentence.start && to <= sentence.end
      if (!over.length && !isTold) paragraph.append(words)
      else if (!over.length) paragraph.append(make('span', { className: 'sentence', textContent: words }))
      else paragraph.append(markWords(words, over, from))
    }
    story.append(paragraph)
  }
  return story
}

function markWords(words, over, start) {
  const names = [...new Set(over.map(span => span.name))].join(' ')
  const titles = [...new Set(over.map(span => span.title))].join(', ')
  const mark = make('mark', { className: names, title: titles, textContent: words })
  mark.dataset.start = start
  return mark
}

function fact(list, name, value) {
  if (value == null || value === '') return
  list.append(make('dt', { textContent: name }), make('dd', {}, value))
}

function party(actor) {
  const line = make('li', {}, named(actor.name ?? actor.text ?? (actor.implied ? 'somebody' : ''), actor.country ?? actor.group))
  const told = [actor.sectors.join(' '), actor.text && actor.name ? `as “${actor.text}”` : '', `by ${actor.role_from}`,
    actor.country_from ? `country from ${actor.country_from}` : '', actor.wikidata].filter(Boolean).join(' · ')
  line.append(make('div', { className: 'muted outside', dir: 'auto', textContent: told }))
  return line
}

function sure(value) {
  if (value == null) return null
  return make('span', {}, make('meter', { min: 0, max: 1, value }), ` ${value.toFixed(2)}`)
}

function describeEvent(event) {
  const facts = make('dl', { className: 'facts' })
  fact(facts, 'Act', `${event.type}${event.mode ? ` ${event.mode}` : ''} · ${QUADS[event.quad]}`)
  fact(facts, 'Words', outside(event.trigger.text))
  fact(facts, 'Who', make('ul', { className: 'plain' }, ...event.actors.map(party)))
  if (event.recipients.length) fact(facts, 'To whom', make('ul', { className: 'plain' }, ...event.recipients.map(party)))
  fact(facts, 'When', event.date.start && `${event.date.start}${event.date.end && event.date.end !== event.date.start ? ` to ${event.date.end}` : ''} (from ${event.date.source})`)
  const place = event.location
  fact(facts, 'Where', place && make('span', {}, named([place.name, place.admin1_name].filter(Boolean).join(', '), place.country), ` (${place.level}, from ${place.from})`))
  for (const [name, size] of Object.entries(event.size)) if (size) fact(facts, name, `${size.min}${size.max === size.min ? '' : ` to ${size.max ?? 'more'}`}`)
  fact(facts, 'Said by', event.attribution && make('span', {}, `${event.attribution.kind} `, outside(event.attribution.speaker?.text)))
  fact(facts, 'Told as', event.modality)
  fact(facts, 'Contexts', event.contexts.join(', '))
  fact(facts, 'CAMEO', event.cameo)
  fact(facts, 'Scales', `PLOVER ${event.plover_score}${event.goldstein == null ? '' : `, Goldstein ${event.goldstein}`}`)
  return facts
}

function describeDecision(event) {
  const confidence = make('dl', { className: 'facts' })
  for (const [name, value] of Object.entries(event.confidence)) fact(confidence, name, sure(value))
  return make('section', {}, make('h2', { textContent: 'Confidence' }), confidence,
    make('h2', { textContent: 'Why' }),
    make('p', { className: 'muted outside', textContent: `rule ${event.coder.rule}, ${event.coder.name} ${event.coder.version}` }),
    make('ul', {}, ...(event.coder.reasons ?? []).map(reason => make('li', { className: 'outside', textContent: reason }))))
}

/** What the marks of this text mean. */
function explainMarks(spans) {
  const kinds = new Map([...spans].reverse().map(({ name, title }) => [name, title]))
  return make('p', { className: 'key' }, ...[...kinds].map(([className, textContent]) => make('mark', { className, textContent })))
}

/** The sentence alone, marked, where there is no text to mark. */
function markSentence(event) {
  const { start, end, text } = event.sentence
  const inside = listSpans(event).filter(span => span.start >= start && span.end <= end)
  const moved = inside.map(span => ({ ...span, start: span.start - start, end: span.end - start }))
  return markText(text, [], moved, { start: 0, end: 0 })
}

/** An event beside its article; without the text, or for one that was held back, beside its sentence. */
export function eventView(event, article, note = 'The article’s text is not kept as it was read; the sentence:') {
  const title = article?.title ?? event.article.title ?? event.article.url ?? ''
  const story = make('section', {}, title ? make('h2', {}, link(event.article.url, title)) : null,
    make('p', { className: 'muted outside', textContent: [article?.publisher ?? event.source.site, article?.authors?.join(', '), event.article.published?.replace(/T(\d\d:\d\d).*/, ' $1 UTC')].filter(Boolean).join(' · ') }))
  if (article && article.text_sha256 === event.article.text_sha256) {
    story.append(explainMarks(listSpans(event)), markText(article.text, article.paragraphs, listSpans(event), event.sentence))
  } else {
    story.append(make('p', { className: 'muted', textContent: note }), markSentence(event))
  }
  return make('article', { className: 'event' }, story, make('section', {}, describeEvent(event), describeDecision(event)))
}

/** Shows an event. */
export async function showEvent(main, { id }, isShown) {
  const answer = await ask(`/api/events/${encodeURIComponent(id)}`)
  if (!isShown()) return
  tell('')
  main.append(make('p', {}, make('a', { href: '#events', textContent: '← Events' })), eventView(answer.event, answer.article))
  const others = answer.same
  main.append(make('h2', { textContent: others.length ? 'The same elsewhere' : 'No other event with its key is known' }))
  if (others.length) main.append(make('div', { className: 'scroll' }, eventTable(others)))
  main.append(make('details', {}, make('summary', { textContent: 'The record' }),
    make('pre', { className: 'scroll outside', textContent: JSON.stringify(answer.event, null, 2) })))
  main.focus()
}
