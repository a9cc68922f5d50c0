/** Whether `day`, written `2026-03-01`, is one: `Date.parse` takes the 31st of February for the 3rd of March. */
export function isCalendarDay(day: string): boolean {
  return new Date(`${day}T00:00Z`).getUTCDate() === Number(day.slice(8));
}
