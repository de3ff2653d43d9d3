// What is said of the files that documents were made from. English has the type.

import { numbers } from '../numbers'

const number = numbers.en

export const originalsEn = {
  open: 'Open the original',
  download: 'Download the original',
  getting: 'Fetching the file…',
  saved: (name: string) => `Saved as ${name}`,
  savedHolder: (name: string) => `This part cannot be taken out by itself. The file that holds it was saved: ${name}`,
  view: 'View',
  pages: 'Pages',
  text: 'Text',
  page: 'Page',
  ofPages: (pages: number) => `of ${number(pages)}`,
  pageLabel: (page: number, pages: number) => `Page ${number(page)} of ${number(pages)}`,
  opening: 'Opening the pages…',
  smaller: 'Smaller',
  larger: 'Larger',
  fit: (percent: string) => `${percent}: fit the width`,
  cited: (page: number) => `The passage on page ${number(page)}`,
  nowhere: 'Where on its page the passage stands is not known.',
  locked: 'These pages are locked with a password, and it stays in the program. What could be read is under Text.',
  broken: 'These pages cannot be drawn. What could be read is under Text.',
  pageBroken: 'This page cannot be drawn.',
  held: 'This part cannot be taken out of the file that holds it. What could be read is under Text.',
  picture: (title: string) => `Picture: ${title}`,
  pictureBroken: 'This picture cannot be shown here. What was recognised in it is below.',
  citedInPicture: 'The passage in the picture',
}
