/** Whether the text of a query says yes, as PlantDB's clients do. */
export const isYes = (text: string | undefined): boolean => /^(?:true|1|yes)$/i.test(text ?? '')
