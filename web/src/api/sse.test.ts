// That events are read whole, however the stream was cut.
import { describe, expect, it } from 'vitest';
import { SseParser, type Message } from './sse';

const stream =
  ': hello\n\nid: 3.17\nevent: task\ndata: {"id":"A"}\n\n' +
  'id: 3.18\nevent: counts\ndata: {\ndata: }\n\n';

const expected: Message[] = [
  { id: '3.17', event: 'task', data: '{"id":"A"}' },
  { id: '3.18', event: 'counts', data: '{\n}' },
];

describe('SseParser', () => {
  it('gives every message with its id, name and data', () => {
    expect(new SseParser().push(stream)).toEqual(expected);
  });

  it('gives the same however the text is cut', () => {
    for (let size = 1; size < 12; size++) {
      const parser = new SseParser();
      const messages: Message[] = [];
      for (let i = 0; i < stream.length; i += size) {
        messages.push(...parser.push(stream.slice(i, i + size)));
      }
      expect(messages).toEqual(expected);
    }
  });

  it('takes lines that end in CR LF, cut between the two as well', () => {
    const parser = new SseParser();
    const text = stream.replaceAll('\n', '\r\n');
    const cut = text.indexOf('\r') + 1;

    const messages = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];

    expect(messages).toEqual(expected);
  });

  it('keeps the last id for messages that have none', () => {
    const parser = new SseParser();
    parser.push('id: 1.5\ndata: x\n\n');

    expect(parser.push('data: y\n\n')).toEqual([{ id: '1.5', event: 'message', data: 'y' }]);
  });

  it('says nothing of comments and of messages without data', () => {
    expect(new SseParser().push(': beat\n\nevent: reset\n\n')).toEqual([]);
  });
});
