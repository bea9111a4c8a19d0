/* What pages can do beyond being read. They are complete without it. A classic script: modules do not load from files. */
;(() => {
  const root = document.documentElement
  const { client } = document.currentScript.dataset
  root.dataset.scripted = ''
  const remembered = read()
  if (remembered) root.dataset.theme = remembered
  root.dataset.script = ''
  if (location.search) root.dataset.asked = ''
  tellStale()
  document.addEventListener('DOMContentLoaded', () => {
    setUpSwitch()
    setUpMenu()
    awaitTouch()
    for (const table of document.querySelectorAll('table[data-sortable]')) makeSortable(table)
    document.addEventListener('sortable', (event) => makeSortable(event.target))
  })

  function read() {
    try {
      const theme = localStorage.getItem('theme')
      return theme === 'dark' || theme === 'light' ? theme : null
    } catch {
      return null
    }
  }

  function isDark() {
    const theme = root.dataset.theme
    return theme ? theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  }

  function setUpSwitch() {
    document.querySelector('.switch').addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark'
      try {
        localStorage.setItem('theme', root.dataset.theme)
      } catch {}
    })
  }

  /* On a phone the menu opens when it is asked for. */
  function setUpMenu() {
    const button = document.querySelector('.menu-switch')
    button.addEventListener('click', () => {
      const isOpen = document.getElementById(button.getAttribute('aria-controls')).classList.toggle('is-open')
      button.setAttribute('aria-expanded', isOpen)
    })
  }

  /* Before anything is painted; then every minute and on coming back, for a page may stay open for days: the site may have gone on without it. */
  function tellStale() {
    const look = () => root.toggleAttribute('data-stale', Date.now() >= Date.parse(root.dataset.staleAfter))
    const lookAgain = () => look() && !document.hidden && lookForNewer()
    look()
    setInterval(lookAgain, 60000)
    document.addEventListener('visibilitychange', lookAgain)
  }

  async function lookForNewer() {
    const { staleAfter } = root.dataset
    try {
      const page = await (await fetch(location.href, { cache: 'no-cache' })).text()
      const [, there] = /data-stale-after="([^"]+)"/.exec(page) ?? []
      root.toggleAttribute('data-newer', there > staleAfter)
    } catch {
      /* Nobody answers, or the page is a file: what it says stays true. */
    }
  }

  /* What draws charts is large: it comes when a visitor comes to a chart, or opens the explorer. */
  function awaitTouch() {
    const choices = document.querySelector('.explorer-choices')
    if (choices) {
      fold(choices)
      loadClient()
    }
    for (const plot of document.querySelectorAll('.plot[data-source]')) {
      plot.querySelector('.chart').tabIndex = 0
      writeDown(plot)
      plot.querySelector('.readout-hint').textContent = matchMedia('(pointer: coarse)').matches
        ? 'Tap or slide to read.'
        : 'Point to read, click to keep, drag to look closer.'
      for (const type of ['pointerover', 'focusin', 'touchstart'])
        plot.addEventListener(
          type,
          () => {
            plot.dataset.touched = ''
            loadClient()
          },
          { once: true, passive: true },
        )
    }
  }

  /* On a phone, where the address says what to show. A style has hidden them from the first paint on, so that nothing moves. */
  function fold(choices) {
    if (location.search && matchMedia('(max-width: 40rem)').matches) choices.open = false
    delete root.dataset.asked
  }

  /* What a visitor does on a chart that cannot answer yet; the cursor does it again (`missed.ts`). Moves: the last. */
  function writeDown(plot) {
    const chart = plot.querySelector('.chart')
    const missed = []
    plot.missed = missed
    const write = (event) => {
      const { type, pointerId, key } = event
      if (!plot.missed) return
      if (type === 'pointermove' && missed.at(-1)?.type === type) missed.pop()
      missed.push(event)
      if (type === 'pointerdown') chart.setPointerCapture(pointerId)
      if (/^(Arrow|Page|Home|End)/.test(key)) event.preventDefault()
    }
    const acts = 'pointerenter pointermove pointerdown pointerup pointercancel pointerleave keydown focusout'
    for (const type of acts.split(' ')) chart.addEventListener(type, write)
    plot.addEventListener('pointerleave', write)
  }

  function loadClient() {
    if (document.querySelector('script[data-loaded]')) return
    const script = document.createElement('script')
    const policy = window.trustedTypes?.createPolicy('flowscan', { createScriptURL: (address) => address })
    script.src = policy ? policy.createScriptURL(client) : client
    script.dataset.loaded = ''
    document.head.append(script)
  }

  function makeSortable(table) {
    const heads = columnHeads(table)
    for (const [column, head] of heads.entries()) {
      if (!head || head.hasAttribute('data-unsortable')) continue
      const button = document.createElement('button')
      button.type = 'button'
      button.append(...head.childNodes)
      head.append(button)
      button.addEventListener('click', () => sortBy(table, heads, column))
    }
  }

  /* The head cell of each column: that of one column, in the lowest row. */
  function columnHeads(table) {
    const grid = []
    for (const [y, row] of [...table.tHead.rows].entries()) {
      grid[y] ??= []
      let x = 0
      for (const cell of row.cells) {
        while (grid[y][x]) x++
        for (let down = 0; down < cell.rowSpan; down++) {
          grid[y + down] ??= []
          for (let right = 0; right < cell.colSpan; right++) grid[y + down][x + right] = cell
        }
        x += cell.colSpan
      }
    }
    const lowest = grid.at(-1)
    return lowest.map((cell, x) => (lowest.indexOf(cell) === x ? cell : null))
  }

  function sortBy(table, heads, column) {
    const head = heads[column]
    const isText = column === 0
    const order = head.getAttribute('aria-sort') === (isText ? 'ascending' : 'descending') ? -1 : 1
    for (const other of heads) other?.removeAttribute('aria-sort')
    head.setAttribute('aria-sort', (order === 1) === isText ? 'ascending' : 'descending')
    const body = table.tBodies[0]
    const value = (row) => row.cells[column].textContent.trim()
    const compare = isText
      ? (a, b) => value(a).localeCompare(value(b))
      : (a, b) => toNumber(value(b)) - toNumber(value(a))
    body.append(...[...body.rows].sort((a, b) => order * compare(a, b)))
  }

  /* `3.11 G` as a number; what nobody measured is less than nothing. */
  function toNumber(text) {
    const match = /^<?([\d.]+)\s*([kMGTPEZY]?)/.exec(text)
    return match ? Number(match[1]) * 1000 ** ' kMGTPEZY'.indexOf(match[2] || ' ') : -1
  }
})()
