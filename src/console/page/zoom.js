// Looking nearer at a drawing: buttons, the wheel with Ctrl held, and dragging; the part that is seen stays when it is drawn again.
import { make } from './words.js'

/** The nearest shows one part in so many. */
const NEAREST = 16
const STEP = 1.6
/** A pointer that moves less has clicked. */
const DRAG_PIXELS = 4

/** The part that is seen of each figure: middle and size, as parts of the whole. */
const views = new WeakMap()

function clamp(view) {
  view.size = Math.min(Math.max(view.size, 1 / NEAREST), 1)
  view.x = Math.min(Math.max(view.x, view.size / 2), 1 - view.size / 2)
  view.y = Math.min(Math.max(view.y, view.size / 2), 1 - view.size / 2)
}

function makeButtons(figure, zoom) {
  const button = (text, name, act) => make('button', { type: 'button', textContent: text, 'aria-label': name, title: name, onclick: act })
  figure.append(make('div', { className: 'zoom' },
    button('+', 'Nearer', () => zoom(1 / STEP)), button('−', 'Farther', () => zoom(STEP)), button('⤢', 'The whole map', () => zoom(NEAREST))))
}

/** Lets a drawing be zoomed; `resize` hears the size of the part that is seen. */
export function makeZoom(figure, svg, resize) {
  const { width, height } = svg.viewBox.baseVal
  const view = views.get(figure) ?? { x: 0.5, y: 0.5, size: 1 }
  views.set(figure, view)
  const show = () => {
    clamp(view)
    const { x, y, size } = view
    svg.setAttribute('viewBox', [(x - size / 2) * width, (y - size / 2) * height, size * width, size * height].join(' '))
    svg.classList.toggle('near', size < 1)
    resize(Math.max(size, 0.15))
  }
  figure.querySelector('.zoom')?.remove()
  makeButtons(figure, by => {
    view.size *= by
    show()
  })
  svg.addEventListener('wheel', event => {
    // Without the key the wheel moves the page, as everywhere.
    if (!event.ctrlKey) return
    event.preventDefault()
    const box = svg.getBoundingClientRect()
    const [right, down] = [(event.clientX - box.left) / box.width - 0.5, (event.clientY - box.top) / box.height - 0.5]
    const before = view.size
    view.size *= event.deltaY < 0 ? 1 / STEP : STEP
    clamp(view)
    view.x += right * (before - view.size)
    view.y += down * (before - view.size)
    show()
  }, { passive: false })
  makeDrag(svg, view, show)
  show()
}

function makeDrag(svg, view, show) {
  let from = null
  let hasMoved = false
  svg.addEventListener('pointerdown', event => {
    from = view.size < 1 ? [event.clientX, event.clientY] : null
    hasMoved = false
  })
  svg.addEventListener('pointermove', event => {
    if (!from || !event.buttons) return
    const [right, down] = [event.clientX - from[0], event.clientY - from[1]]
    if (!hasMoved && Math.hypot(right, down) < DRAG_PIXELS) return
    hasMoved = true
    const box = svg.getBoundingClientRect()
    view.x -= right / box.width * view.size
    view.y -= down / box.height * view.size
    from = [event.clientX, event.clientY]
    show()
  })
  // What was dragged was not clicked.
  svg.addEventListener('click', event => {
    if (hasMoved) event.stopPropagation()
    hasMoved = false
  }, { capture: true })
}
