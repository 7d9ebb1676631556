// Asking the worker: one way for questions, one for wishes, and one place that says when it does not answer.

const said = document.getElementById('said')

/** Tells what is so, in the corner; an empty text tells nothing. */
export function tell(text, isBad = false) {
  said.textContent = text
  said.className = isBad ? 'bad' : ''
}

/** Asks; an answer that is none is an error with the worker's own sentence. */
export async function ask(path, given = {}) {
  let reply
  try {
    reply = await fetch(path, { cache: 'no-store', ...given })
  } catch {
    throw new Error('the worker does not answer')
  }
  const body = await reply.json().catch(() => ({}))
  if (!reply.ok) throw new Error(body.error ?? `the worker answers ${reply.status}`)
  return body
}

let session

/** Who the worker is, and the token of this page. */
export async function readSession() {
  session ??= await ask('/api/session')
  return session
}

/** Asks for something to be done. */
export async function wish(path) {
  const { token } = await readSession()
  return ask(path, { method: 'POST', headers: { 'X-Dateline-Token': token } })
}
