//! The first view of a page, on both databases.

use backend::Posting;
use domain::PageRole;

on_both! {
    async fn a_first_view_has_the_newest_fifty_when_all_is_read(place) {
        let ada = place.admin().await;
        let page = place.page(&ada, "Garden").await.id;
        for n in 1..=60 {
            place.post(&ada, page, &format!("{n}")).await;
        }
        let room = place.backend.room(&ada, page).await.unwrap();
        assert_eq!((room.unread, room.read), (0, 0), "one's own are never unread");
        assert_eq!((room.my_role, room.may_manage), (PageRole::Admin, true));
        let seqs: Vec<i64> = room.history.messages.iter().map(|m| m.seq).collect();
        assert_eq!(seqs, (11..=60).collect::<Vec<_>>());
        assert_eq!((room.history.counter, room.history.more), (60, true));
        assert_eq!(room.me, ada.identity());
    }

    async fn it_reaches_back_to_before_the_first_unread(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        for n in 1..=200 {
            place.post(&ada, page, &format!("{n}")).await;
        }
        let first_of = async |read: i64| {
            place.backend.mark(&mila, page, read, read).await.unwrap();
            let room = place.backend.room(&mila, page).await.unwrap();
            assert_eq!(room.unread, 200 - read);
            assert_eq!(room.history.messages.last().unwrap().seq, 200);
            assert!(!room.may_manage && room.invited.is_empty());
            (room.history.messages[0].seq, room.history.more)
        };
        assert_eq!(first_of(5).await, (1, false));
        assert_eq!(first_of(100).await, (81, true));
        assert_eq!(first_of(165).await, (146, true));
        assert_eq!(first_of(175).await, (151, true));
        assert_eq!(first_of(200).await, (151, true));
    }

    async fn five_hundred_are_enough_however_much_is_unread(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        let ids: Vec<_> = (0..560).map(|_| place.message_id()).collect();
        let posts = ids.into_iter().map(|id| {
            place.backend.post_message(&ada, page, Posting::plain(id, crate::support::body("Hello")))
        });
        for post in futures::future::join_all(posts).await {
            post.unwrap();
        }
        let room = place.backend.room(&mila, page).await.unwrap();
        assert_eq!((room.history.messages.len(), room.unread), (500, 560));
        assert!(room.history.more);
    }

    async fn members_are_listed_by_name_and_open_invitations_to_managers(place) {
        let ada = place.admin().await;
        let mila = place.person("Mila").await;
        let bo = place.person("Bo").await;
        let page = place.page(&ada, "Garden").await.id;
        place.join(page, &mila).await;
        place.join(page, &bo).await;
        let invited = async |email: &str, expires: i64| {
            place.sql(|sql| {
                sql.query(
                    "INSERT INTO invitations (id, page, email, invited_by, created, expires)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .uuid(place.message_id().0)
                .uuid(page.0)
                .text(email)
                .uuid(ada.account.0)
                .number(0)
                .number(expires)
            })
            .await
        };
        let now = place.clock.now().0;
        invited("zoe@stoa.example", now + 1).await;
        invited("zoe@stoa.example", now + 1).await;
        invited("late@stoa.example", now).await;
        let room = place.backend.room(&ada, page).await.unwrap();
        let names: Vec<_> = room.members.iter().map(|m| m.name.as_str()).collect();
        assert_eq!(names, ["Ada", "Bo", "Mila"]);
        let emails: Vec<_> = room.invited.iter().map(|i| i.email.as_str()).collect();
        assert_eq!(emails, ["zoe@stoa.example"]);
        assert_eq!(place.backend.page_summaries(&ada).await.unwrap()[0].invited, 1);
    }
}
