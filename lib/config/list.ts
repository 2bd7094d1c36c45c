/** The items of a variable that holds a list separated by commas. */
export const listOf = (text: string): string[] =>
  text.split(',').map(item => item.trim()).filter(item => item !== '')
