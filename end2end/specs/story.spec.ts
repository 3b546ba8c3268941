import { Admin } from '../pages/admin.ts';
import { Invitation } from '../pages/invitation.ts';
import { Room } from '../pages/room.ts';
import { SetUp } from '../pages/set-up.ts';
import { hydrated } from '../fixtures/person.ts';
import { linkIn } from '../fixtures/smtp.ts';
import { expect, test } from '../fixtures/test.ts';

test.use({ mail: 'smtp' });

test('start 2, admin 1 and 4, invitation 3 and 4, chat 1: three people, from the first start to a talk', async ({ place, smtp, somebody }) => {
  const dana = await somebody('Dana Vos');
  await dana.open(place.setUpLink);
  await new SetUp(dana.page).fill('The Lijnbaan', dana.name, dana.email);
  await expect(dana.page).toHaveURL(`${place.url}/admin`);
  await hydrated(dana.page);

  const admin = new Admin(dana.page);
  await admin.createPage('Garden renovation', 'Bring boots on Saturdays.');
  const danas = new Room(dana.page);
  await expect(danas.heading('Garden renovation')).toBeVisible();
  await admin.invite('mila@example.org, Jon Okafor <jon@example.org>', 'We share the photos here.');

  const rooms = [danas];
  for (const name of ['Mila Lind', 'Jon Okafor']) {
    const guest = await somebody(name);
    const mail = await smtp.mailTo(guest.email);
    await guest.open(linkIn(mail));
    const invitation = new Invitation(guest.page);
    await expect(invitation.heading('Garden renovation')).toBeVisible();
    await expect(guest.page.getByText('We share the photos here.')).toBeVisible();
    await expect(guest.page.getByText('Dana Vos').first()).toBeVisible();
    await invitation.join(name);

    const room = new Room(guest.page);
    await expect(room.heading('Garden renovation')).toBeVisible();
    await expect(guest.page).toHaveTitle(/Garden renovation/);
    await hydrated(guest.page);
    rooms.push(room);
  }

  const said = ['Morning all.', 'I am there from half past nine.', 'Truck called, they are early.'];
  for (const [index, body] of said.entries()) {
    await rooms[index]?.say(body);
    for (const room of rooms) await expect(room.message(body)).toHaveCount(1);
  }
  for (const room of rooms) {
    await room.page.reload();
    await expect(room.heading('Garden renovation')).toBeVisible();
    await room.expectInOrder(said);
  }
});
