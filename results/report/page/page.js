// What a page can do besides with script: nothing of it is needed to read one.
'use strict'

// What is folded is printed too.
addEventListener('beforeprint', () => {
  for (const folded of document.querySelectorAll('details:not([open])')) {
    folded.open = folded.unfolded = true
  }
})
addEventListener('afterprint', () => {
  for (const details of document.querySelectorAll('details')) {
    if (details.unfolded) details.open = details.unfolded = false
  }
})
