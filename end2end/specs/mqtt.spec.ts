import { request } from 'node:http';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Person } from '../fixtures/person.ts';
import { expect, test } from '../fixtures/test.ts';

async function options(person: Person, more: IClientOptions = {}): Promise<IClientOptions> {
  return {
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    wsOptions: { headers: { cookie: await person.cookie(), origin: person.place.url } },
    ...more,
  };
}

function address(person: Person): string {
  return `${person.place.url.replace('http', 'ws')}/mqtt`;
}

async function connect(person: Person, more: IClientOptions = {}): Promise<MqttClient> {
  return mqtt.connectAsync(address(person), await options(person, more), false);
}

test('mqtt.js connects, subscribes and receives what is posted', async ({ dana }) => {
  const garden = await dana.createPage('Garden renovation');
  for (const qos of [0, 1] as const) {
    const client = await connect(dana);
    const [granted] = await client.subscribeAsync(`p/${garden.id}/e`, { qos });
    expect(granted?.qos).toBe(qos);
    const received = new Promise<{ topic: string; text: string }>((resolve) => {
      client.once('message', (topic, payload) => resolve({ topic, text: payload.toString() }));
    });
    await dana.post(garden, `Hello at ${qos}`);
    const { topic, text } = await received;
    expect(topic).toBe(`p/${garden.id}/e`);
    expect(JSON.parse(text)).toMatchObject({ type: 'message', body: `Hello at ${qos}`, author_name: 'Dana Vos' });
    await client.endAsync();
  }
});

test('mqtt.js: a version 5 client is refused cleanly', async ({ dana }) => {
  const client = mqtt.connect(address(dana), await options(dana, { protocolVersion: 5 }));
  const error = await new Promise<Error>((resolve) => client.once('error', resolve));
  expect(error.message).toMatch(/unacceptable protocol version|Unsupported Protocol Version|Connection refused/i);
  await client.endAsync(true);
});

test('mqtt.js: forbidden filters are refused, and what others say on their pages is not heard', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const choir = await dana.createPage('Choir board');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  const client = await connect(mila);
  const filters = [`p/${choir.id}/e`, '#', '+', 'p/+/e', `p/${garden.id}/#`, '$SYS/#', '$share/g/p/x/e', `u/${await dana.account()}/e`];
  for (const filter of filters) {
    const refused = await client.subscribeAsync(filter).then(
      (granted) => granted[0]?.qos === 128,
      () => true,
    );
    expect(refused, filter).toBe(true);
  }
  await client.endAsync(true);
});

test('mqtt.js: a member’s signal reaches the other members, and only under the member’s own name', async ({ dana, somebody }) => {
  const garden = await dana.createPage('Garden renovation');
  const mila = await (await somebody('Mila Lind')).join(await dana.invite(garden, 'mila@example.org'));
  const [listener, talker] = [await connect(dana), await connect(mila)];
  await listener.subscribeAsync(`p/${garden.id}/s/+`);
  const received = new Promise<string>((resolve) => listener.once('message', (topic) => resolve(topic)));
  const own = `p/${garden.id}/s/${await mila.account()}`;
  await talker.publishAsync(own, '{"type":"typing"}');
  expect(await received).toBe(own);

  const closed = new Promise<void>((resolve) => talker.once('close', () => resolve()));
  talker.publish(`p/${garden.id}/s/${await dana.account()}`, '{"type":"typing"}');
  await closed;
  await listener.endAsync();
});

test('a socket without a session, or of another site, is not opened', async ({ dana }) => {
  const upgrade = (headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      const asked = request(`${dana.place.url}/mqtt`, {
        headers: {
          connection: 'Upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
          'sec-websocket-protocol': 'mqtt',
          ...headers,
        },
      });
      asked.on('response', (answer) => resolve(answer.statusCode ?? 0));
      asked.on('upgrade', (answer, socket) => {
        socket.destroy();
        resolve(answer.statusCode ?? 0);
      });
      asked.on('error', reject);
      asked.end();
    });
  const cookie = await dana.cookie();
  expect(await upgrade({ origin: dana.place.url, cookie })).toBe(101);
  expect(await upgrade({ origin: dana.place.url })).toBe(401);
  expect(await upgrade({ origin: 'https://evil.example', cookie })).toBe(403);
});
