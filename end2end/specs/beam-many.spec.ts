// More people than one page of tiles has room for, on a desktop and on a phone.
import { AxeBuilder } from '@axe-core/playwright';
import type { Person } from '../fixtures/person.ts';
import { Beam } from '../pages/beam.ts';
import { expect, test } from '../fixtures/test.ts';

// Of eleven screens at once, pictures for the trace would cost more than the call.
test.use({ trace: { mode: 'retain-on-failure', screenshots: false } });

/** After Dana, in the order in which they join. */
const NAMES = ['Jon Okafor', 'Mila Lind', 'Rosa Eik', 'Noor El Amrani', 'Sem Prins', 'Ada Nowak', 'Timo Laine', 'Lea Roth', 'Ivo Kovar', 'Una Byrne'];

test('beam 3: nine fit on one page without scrolling, eleven are on two, and nine again are on one', async ({ dana, somebody }) => {
  test.setTimeout(120_000);
  const garden = await dana.createPage('Garden renovation');
  await dana.open(`/p/${garden.id}`);
  const people = await fewAtATime(NAMES, async (name) => {
    const person = await withoutDevices(await somebody(name, { viewport: { width: 390, height: 780 } }));
    await person.join(await dana.invite(garden, person.email));
    await person.open(`/p/${garden.id}`);
    return person;
  });
  const [jon, mila, ivo, una] = [0, 1, 8, 9].map((at) => people[at]!) as [Person, Person, Person, Person];
  const watching = [dana, jon];

  const here: Person[] = [];
  for (const few of [[dana], [jon], people.slice(1, 5), people.slice(5, 8)]) {
    await fewAtATime(few, (person) => new Beam(person.page).start());
    here.push(...few);
    for (const person of watching.filter((person) => here.includes(person))) {
      await expectTiles(person, here);
      await expect(new Beam(person.page).turn).toBeHidden();
    }
  }
  expect(here).toHaveLength(9);

  for (const person of [ivo, una]) await new Beam(person.page).start();
  for (const person of watching) {
    const beam = new Beam(person.page);
    const [back, on] = [beam.control('Previous people'), beam.control('More people')];
    await expect(beam.turn).toHaveText('1 of 2');
    await expectTiles(person, here);
    await expect(back).toBeDisabled();

    await on.click();
    await expect(beam.turn).toHaveText('2 of 2');
    await expectTiles(person, [ivo, una]);
    await expect(on).toBeDisabled();

    await back.click();
    await expect(beam.turn).toHaveText('1 of 2');
    await expectTiles(person, here);
    const { violations } = await new AxeBuilder({ page: person.page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), person.name).toEqual([]);
    // Who turns by keyboard keeps their place there, also on the last page.
    await on.focus();
    await person.page.keyboard.press('Enter');
    await expectTiles(person, [ivo, una]);
    await expect(on).toBeFocused();
  }

  // One of the first page, whose seat the first of the second page takes, and then the last of the second page.
  await new Beam(mila.page).control('Leave').click();
  for (const person of watching) {
    await expectTiles(person, [una]);
    await expect(new Beam(person.page).turn).toHaveText('2 of 2');
  }
  await new Beam(una.page).control('Leave').click();
  for (const person of watching) {
    await expectTiles(person, [...here.filter((other) => other !== mila), ivo]);
    await expect(new Beam(person.page).turn).toBeHidden();
  }

  // Who was on the page that has gone is not led back to it.
  await new Beam(mila.page).start();
  for (const person of watching) await expect(new Beam(person.page).turn).toHaveText('1 of 2');
});

/** At a computer with neither camera nor microphone. */
async function withoutDevices(person: Person): Promise<Person> {
  await person.page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
  });
  return person;
}

async function fewAtATime<One, Done>(all: One[], act: (one: One) => Promise<Done>): Promise<Done[]> {
  const done: Done[] = [];
  for (let at = 0; at < all.length; at += 3) done.push(...(await Promise.all(all.slice(at, at + 3).map(act))));
  return done;
}

/** On this person's stage stand these people, once each, and nobody else: alike, large, apart, and in full view. */
async function expectTiles(viewer: Person, people: Person[]): Promise<void> {
  const names = people.map((person) => (person === viewer ? 'You' : person.name));
  await expect(async () => {
    const { tiles, stage, overflowing } = await onStage(new Beam(viewer.page));
    expect(tiles.flatMap(({ text }) => [...NAMES, 'Dana Vos', 'You'].filter((name) => text.includes(name))).sort()).toEqual(names.sort());
    expect(tiles).toHaveLength(names.length);
    expect(overflowing).toEqual([]);
    const { width, height } = viewer.page.viewportSize()!;
    expect(within(stage, { left: 0, top: 0, right: width, bottom: height })).toBe(true);
    for (const [at, tile] of tiles.entries()) {
      expect(within(tile, stage), `${tile.text} is on the stage`).toBe(true);
      expect(tile.covered, `${tile.text} is covered`).toBe(false);
      expect(Math.min(tile.right - tile.left, tile.bottom - tile.top), `${tile.text} is large`).toBeGreaterThan(100);
      expect(Math.abs(area(tile) / area(tiles[0]!) - 1), `${tile.text} is as large as the others`).toBeLessThan(0.01);
      for (const other of tiles.slice(at + 1)) expect(apart(tile, other), `${tile.text} and ${other.text}`).toBe(true);
    }
    const used = tiles.reduce((sum, tile) => sum + area(tile), 0) / area(stage);
    expect(used).toBeGreaterThan(0.7);
  }).toPass({ timeout: 10_000 });
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface Stage {
  tiles: (Box & { text: string; covered: boolean })[];
  stage: Box;
  /** What around the tiles would have to be scrolled. */
  overflowing: string[];
}

/** All of one moment. */
async function onStage(beam: Beam): Promise<Stage> {
  return beam.list.evaluate((list) => {
    const box = (element: Element): Box => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      return { left, top, right, bottom };
    };
    const tiles = [...list.children].map((tile) => {
      const { left, top, right, bottom } = box(tile);
      const foremost = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
      return { ...box(tile), text: (tile as HTMLElement).innerText, covered: !tile.contains(foremost) };
    });
    const overflowing: string[] = [];
    for (let around: Element | null = list; around; around = around.parentElement) {
      const { scrollWidth, scrollHeight, clientWidth, clientHeight } = around;
      if (scrollWidth > clientWidth || scrollHeight > clientHeight) overflowing.push(around.outerHTML.slice(0, 80));
    }
    return { tiles, stage: box(list), overflowing };
  });
}

/** Half a pixel is rounding. */
const ROUNDING = 0.5;

function within(inner: Box, outer: Box): boolean {
  const across = inner.left >= outer.left - ROUNDING && inner.right <= outer.right + ROUNDING;
  return across && inner.top >= outer.top - ROUNDING && inner.bottom <= outer.bottom + ROUNDING;
}

function apart(one: Box, other: Box): boolean {
  const across = one.right <= other.left + ROUNDING || other.right <= one.left + ROUNDING;
  return across || one.bottom <= other.top + ROUNDING || other.bottom <= one.top + ROUNDING;
}

function area({ left, top, right, bottom }: Box): number {
  return (right - left) * (bottom - top);
}
