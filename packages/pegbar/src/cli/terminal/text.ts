const LINE_CELLS = 78;

/** Breaks prose into lines of at most `width` cells, each after the same indentation. */
export function wrap(text: string, indent = '', width = LINE_CELLS): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = indent;
    for (const word of paragraph.split(' ')) {
      if (line.length > indent.length && line.length + 1 + word.length > width) {
        lines.push(line);
        line = indent + word;
      } else line += (line.length > indent.length ? ' ' : '') + word;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}
