// That a log reads the same however its bytes arrive.
import { describe, expect, it } from 'vitest';
import { findLines, LogText, withoutEscapes } from './log-text';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('LogText', () => {
  it('gives whole lines, and the unfinished one last', () => {
    const log = new LogText();

    log.append(bytes('one\ntwo\nthr'));

    expect(log.lines()).toEqual(['one', 'two', 'thr']);
    expect(log.end).toBe(11);
  });

  it('joins a line, and a character, that came in pieces', () => {
    const all = bytes('größe µ\n€ end\n');
    const log = new LogText();

    for (const byte of all) log.append(Uint8Array.of(byte));

    expect(log.lines()).toEqual(['größe µ', '€ end']);
  });

  it('takes earlier bytes in front, cut inside a character', () => {
    const all = bytes('first\nsecönd\nthird\n');
    const cut = 10;
    const log = new LogText(cut);
    log.append(all.slice(cut));

    log.prepend(all.slice(0, cut));

    expect(log.lines()).toEqual(['first', 'secönd', 'third']);
    expect([log.start, log.end]).toEqual([0, all.length]);
  });

  it('goes on at the end after earlier bytes came in front', () => {
    const log = new LogText(4);
    log.append(bytes('b'));

    log.prepend(bytes('one\n'));
    log.append(bytes('c\n'));

    expect(log.lines()).toEqual(['one', 'bc']);
  });

  it('shows what a rewritten line says last', () => {
    const log = new LogText();

    log.append(bytes(' 1%\r 50%\r100%\nwindows\r\n'));

    expect(log.lines()).toEqual(['100%', 'windows']);
  });
});

describe('findLines', () => {
  it('finds whatever the case, through colours', () => {
    const lines = ['\u001b[31mERR\u001b[0mor', 'fine', 'no error'];

    expect(findLines(lines, 'error')).toEqual([0, 2]);
    expect(findLines(lines, '')).toEqual([]);
  });

  it('leaves nothing of an escape', () => {
    expect(withoutEscapes('\u001b[1;31mred\u001b[0m \u001b[2Kgone')).toBe('red gone');
  });
});
