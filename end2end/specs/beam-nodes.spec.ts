import { apart, test } from '../fixtures/nodes.ts';
import { Person } from '../fixtures/person.ts';
import { Place } from '../fixtures/place.ts';
import { Beam } from '../pages/beam.ts';
import { Room } from '../pages/room.ts';
import { expect } from '../fixtures/test.ts';

test('beam 2: a call is one, whichever node its people came by', async ({ browser, first, shared }) => {
  const { dana, mila, second, garden } = await apart(browser, first, shared);
  await dana.open(`/p/${garden.id}`);
  await mila.open(`/p/${garden.id}`);
  const [hers, milas] = [new Beam(dana.page), new Beam(mila.page)];
  await expect(new Room(dana.page).composer).toBeVisible();
  await milas.start();

  await expect(hers.ringing).toContainText('Mila Lind calls');
  await hers.ringing.getByRole('button', { name: 'Join' }).click();
  await hers.enter();
  await expect(milas.people).toHaveCount(2);
  await Promise.all([hers.expectMoving('Mila Lind'), milas.expectMoving('Dana Vos')]);

  // What one says of oneself, and what an admin does to others, at the node that has not got the call.
  await hers.control('Raise hand').click();
  await expect(milas.tile('Dana Vos, hand raised')).toBeVisible();
  const callers = async (person: Person) => {
    const { call } = (await person.call('call', { page: garden.id })) as { call: { callers: { session: string; name: string; muted: boolean }[] } };
    return call.callers;
  };
  const [here, there] = [await callers(dana), await callers(mila)];
  expect(here.map(({ name }) => name)).toEqual(['Mila Lind', 'Dana Vos']);
  expect(here).toEqual(there);
  await dana.call('call_mute', { page: garden.id, session: here[0]!.session });
  await expect(milas.control('Mute')).toHaveAttribute('aria-pressed', 'true');

  await hers.control('Leave').click();
  await expect(milas.people).toHaveCount(1);
  await milas.control('Leave').click();
  for (const person of [dana, mila]) {
    await expect(new Room(person.page).said('Call, less than a minute, 2 people')).toBeVisible();
    expect(person.troubles).toEqual([]);
    await person.context.close();
  }
  await second.remove();
});

test('beam 6: when the node with the call dies, who came by another goes on there without a click', async ({ browser, first, shared }) => {
  const { dana, mila, second, garden } = await apart(browser, first, shared);
  const jon = await Person.arrive(browser, first, 'Jon Okafor');
  await jon.join(await dana.invite(garden, 'jon@example.org'));
  for (const person of [dana, mila, jon]) await person.open(`/p/${garden.id}`);
  const [hers, milas, his] = [dana, mila, jon].map((person) => new Beam(person.page)) as [Beam, Beam, Beam];
  await milas.start();
  await hers.start();
  await his.start();
  await Promise.all([hers.expectMoving('Jon Okafor'), his.expectMoving('Dana Vos')]);

  await second.kill();
  const start = Date.now();
  await expect(hers.stage.getByText('Reconnecting…')).toBeVisible({ timeout: 20_000 });
  for (const beam of [hers, his]) {
    await expect(beam.people).toHaveCount(2, { timeout: 60_000 });
    await expect(beam.stage.getByText('Reconnecting…')).toBeHidden({ timeout: 60_000 });
  }
  await Promise.all([hers.expectMoving('Jon Okafor', 60_000), his.expectMoving('Dana Vos', 60_000)]);
  test.info().annotations.push({ type: 'rejoin', description: `${Date.now() - start} ms after the node had died` });
  for (const person of [dana, jon]) {
    expect(person.troubles).toEqual([]);
    await person.context.close();
  }
  await mila.context.close();
  await second.remove();
});

test('admin: calls: both ends of a test meet at one node, wherever a proxy leads them', async ({ browser, first, shared }) => {
  const dana = await (await Person.arrive(browser, first, 'Dana Vos')).setUp();
  const second = await Place.start(shared);
  const places = [first, second];
  const led: string[] = [];
  await dana.page.route('**/api/call_test', async (route) => {
    const { url } = places[led.length % 2]!;
    led.push(url);
    const headers = { ...route.request().headers(), origin: url };
    await route.fulfill({ response: await route.fetch({ url: `${url}/api/call_test`, headers }) });
  });
  await dana.open('/admin/calls');
  await dana.page.getByRole('button', { name: 'Test a call' }).click();
  await expect(dana.page.getByRole('status')).toHaveText('UDP: yes. TCP: not set up. TURN: not set up.', { timeout: 25_000 });
  expect(led).toEqual([first.url, second.url]);
  expect(dana.troubles).toEqual([]);
  await dana.context.close();
  await second.remove();
});
