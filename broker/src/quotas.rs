//! Enforces quotas of clients: measures what each one does, over all cores, and says how long it must wait.
//!
//! [`ClientQuotas`] is shared by all cores; what an image says of a client is looked up once a core and image. While
//! nobody has a quota, asking costs one load. Invariants: at most [`QUOTA_METERS_MAX`] meters are kept, and one that is
//! dropped stood at zero; the nearest quota of a client holds, in Kafka's order, and clients of one quota level share a
//! meter exactly where Kafka's do.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use corelane_engine::Image;
use corelane_engine::catalogue::QuotaEntity;

use crate::limits::{QUOTA_CLIENTS_KNOWN_MAX, QUOTA_METERS_MAX};
use crate::quota_entity::{
    CLIENT_ID, CONNECTION_CREATION_RATE, CONSUMER_BYTE_RATE, CONTROLLER_MUTATION_RATE, IP,
    PRODUCER_BYTE_RATE, USER,
};
use crate::quota_rate::{Bucket, MEMORY_MS, Rate};

/// Whom Kafka takes everybody for who has not authenticated; nobody can here.
const ANONYMOUS: &str = "ANONYMOUS";

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QuotaKind {
    /// Bytes of records produced.
    Produce,
    /// Bytes of records fetched.
    Fetch,
    /// Partitions created and deleted.
    Mutation,
    /// Connections opened.
    Connection,
}

impl QuotaKind {
    fn key(self) -> &'static str {
        match self {
            QuotaKind::Produce => PRODUCER_BYTE_RATE,
            QuotaKind::Fetch => CONSUMER_BYTE_RATE,
            QuotaKind::Mutation => CONTROLLER_MUTATION_RATE,
            QuotaKind::Connection => CONNECTION_CREATION_RATE,
        }
    }
}

/// Who shares a meter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Sharing {
    /// All clients of the user.
    User,
    /// All connections of one client id.
    ClientId(String),
    /// All connections of one client id of the user.
    UserAndClientId(String),
    /// All connections of one address.
    Address(IpAddr),
}

/// The quota that holds for somebody.
#[derive(Clone, Debug)]
struct Limit {
    per_s: f64,
    sharing: Sharing,
}

/// What measures.
#[derive(Debug, Default)]
struct Meter {
    rate: Rate,
    bucket: Bucket,
    used_ms: u64,
}

/// See the module. The second threads are the other cores.
pub struct ClientQuotas {
    is_active: AtomicBool,
    meters: Mutex<HashMap<(QuotaKind, Sharing), Meter>>,
    began: Instant,
}

impl Default for ClientQuotas {
    fn default() -> Self {
        ClientQuotas {
            is_active: AtomicBool::new(false),
            meters: Mutex::default(),
            began: Instant::now(),
        }
    }
}

impl ClientQuotas {
    /// Whether anybody has a quota.
    pub fn is_active(&self) -> bool {
        // Set before the change that made it so is answered; a request that runs beside that change may go free.
        self.is_active.load(Ordering::Relaxed)
    }

    /// Takes note of what an image says.
    pub fn note(&self, image: &Image) {
        let any = image.quotas().next().is_some();
        self.is_active.store(any, Ordering::Relaxed);
    }

    /// Adds what a client has done; returns how long it must wait, in ms.
    pub fn add(&self, image: &Arc<Image>, client_id: &str, kind: QuotaKind, amount: f64) -> u64 {
        let Some(limit) = limit_of_client(image, client_id, kind) else {
            return 0;
        };
        let now_ms = self.now_ms();
        self.metered(kind, &limit, |meter| {
            meter.rate.add(amount, limit.per_s, now_ms)
        })
    }

    /// Whether a client may change partitions, and how long it must wait otherwise, in ms.
    pub fn mutation_wait_ms(&self, image: &Arc<Image>, client_id: &str) -> u64 {
        let kind = QuotaKind::Mutation;
        let Some(limit) = limit_of_client(image, client_id, kind) else {
            return 0;
        };
        let now_ms = self.now_ms();
        self.metered(kind, &limit, |meter| {
            meter.bucket.wait_ms(limit.per_s, now_ms)
        })
    }

    /// Takes note of partitions that a client changes.
    pub fn mutate(&self, image: &Arc<Image>, client_id: &str, partitions: usize) {
        let kind = QuotaKind::Mutation;
        if let Some(limit) = limit_of_client(image, client_id, kind) {
            let now_ms = self.now_ms();
            self.metered(kind, &limit, |meter| {
                meter.bucket.take(partitions as f64, limit.per_s, now_ms);
                0
            });
        }
    }

    /// A connection has been opened; how long it must wait before it is closed, in ms, where it is one too many.
    pub fn connect(&self, image: &Arc<Image>, address: IpAddr) -> u64 {
        let address = address.to_canonical();
        let Some(per_s) = limit_of_address(image, address) else {
            return 0;
        };
        let limit = Limit {
            per_s,
            sharing: Sharing::Address(address),
        };
        let now_ms = self.now_ms();
        self.metered(QuotaKind::Connection, &limit, |meter| {
            let wait_ms = meter.rate.add(1.0, per_s, now_ms);
            if wait_ms > 0 {
                // It is not taken, so it does not count.
                meter.rate.add(-1.0, per_s, now_ms);
            }
            wait_ms
        })
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Runs `measure` on a meter; where there is no room for one nobody waits.
    fn metered(
        &self,
        kind: QuotaKind,
        limit: &Limit,
        measure: impl FnOnce(&mut Meter) -> u64,
    ) -> u64 {
        let now_ms = self.now_ms();
        let mut meters = self.meters.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (kind, limit.sharing.clone());
        if meters.len() >= QUOTA_METERS_MAX && !meters.contains_key(&key) {
            meters.retain(|_, meter| now_ms.saturating_sub(meter.used_ms) < 2 * MEMORY_MS);
            if meters.len() >= QUOTA_METERS_MAX {
                return 0;
            }
        }
        let meter = meters.entry(key).or_default();
        meter.used_ms = now_ms;
        measure(meter)
    }
}

/// What the image says of the clients that a core has seen.
#[derive(Default)]
struct Known {
    image: Option<Arc<Image>>,
    limits: HashMap<(QuotaKind, String), Option<Limit>>,
    addresses: HashMap<IpAddr, Option<f64>>,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

fn with_known<R>(image: &Arc<Image>, look_up: impl FnOnce(&mut Known) -> R) -> R {
    KNOWN.with_borrow_mut(|known| {
        let is_same = known
            .image
            .as_ref()
            .is_some_and(|old| Arc::ptr_eq(old, image));
        let is_full = known.limits.len() + known.addresses.len() >= QUOTA_CLIENTS_KNOWN_MAX;
        if !is_same || is_full {
            *known = Known {
                image: Some(image.clone()),
                ..Known::default()
            };
        }
        look_up(known)
    })
}

fn limit_of_client(image: &Arc<Image>, client_id: &str, kind: QuotaKind) -> Option<Limit> {
    with_known(image, |known| {
        let limit = known.limits.entry((kind, client_id.to_owned()));
        let find = || nearest(image, client_id, kind.key());
        limit.or_insert_with(find).clone()
    })
}

fn limit_of_address(image: &Arc<Image>, address: IpAddr) -> Option<f64> {
    with_known(image, |known| {
        let limit = known.addresses.entry(address);
        *limit.or_insert_with(|| nearest_of_address(image, address))
    })
}

/// The nearest quota of a client, in Kafka's order.
fn nearest(image: &Image, client_id: &str, key: &str) -> Option<Limit> {
    let entity = |parts: &[(&str, Option<&str>)]| -> QuotaEntity {
        let parts = parts.iter();
        parts
            .map(|(kind, name)| ((*kind).to_owned(), name.map(str::to_owned)))
            .collect()
    };
    let find = |parts: &[(&str, Option<&str>)]| value(image, &entity(parts), key);
    let of_user = |user: Option<&str>| {
        let both = find(&[(USER, user), (CLIENT_ID, Some(client_id))])
            .or_else(|| find(&[(USER, user), (CLIENT_ID, None)]));
        let sharing = || Sharing::UserAndClientId(client_id.to_owned());
        both.map(|per_s| Limit {
            per_s,
            sharing: sharing(),
        })
        .or_else(|| {
            find(&[(USER, user)]).map(|per_s| Limit {
                per_s,
                sharing: Sharing::User,
            })
        })
    };
    let of_client_id = || {
        let found = find(&[(CLIENT_ID, Some(client_id))]).or_else(|| find(&[(CLIENT_ID, None)]));
        found.map(|per_s| Limit {
            per_s,
            sharing: Sharing::ClientId(client_id.to_owned()),
        })
    };
    of_user(Some(ANONYMOUS))
        .or_else(|| of_user(None))
        .or_else(of_client_id)
}

fn nearest_of_address(image: &Image, address: IpAddr) -> Option<f64> {
    let is_the_address = |entity: &QuotaEntity| {
        let name = entity.get(IP).and_then(Option::as_deref);
        name.and_then(|name| name.parse::<IpAddr>().ok())
            .is_some_and(|named| named.to_canonical() == address)
    };
    let mut own = image.quotas().filter(|(entity, _)| is_the_address(entity));
    let own = own.find_map(|(_, quotas)| quotas.get(CONNECTION_CREATION_RATE));
    own.map(|value| value.0).or_else(|| {
        let everybody = QuotaEntity::from([(IP.to_owned(), None)]);
        value(image, &everybody, CONNECTION_CREATION_RATE)
    })
}

fn value(image: &Image, entity: &QuotaEntity, key: &str) -> Option<f64> {
    Some(image.quotas_of(entity)?.get(key)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use corelane_engine::Offset;
    use corelane_engine::catalogue::{ClientQuotaRecord, MetadataRecord, QuotaValue};

    type Parts<'a> = &'a [(&'a str, Option<&'a str>)];

    fn image(quotas: &[(Parts<'_>, &str, f64)]) -> Arc<Image> {
        let mut image = Image::new();
        for (offset, (entity, key, value)) in (0..).zip(quotas) {
            let parts = entity.iter();
            let record = ClientQuotaRecord {
                entity: parts
                    .map(|(kind, name)| ((*kind).to_owned(), name.map(str::to_owned)))
                    .collect(),
                key: (*key).to_owned(),
                value: Some(QuotaValue(*value)),
            };
            let record = MetadataRecord::ClientQuota(record);
            image.apply(Offset(offset), record).unwrap();
        }
        Arc::new(image)
    }

    #[test]
    fn the_nearest_quota_holds() {
        let key = PRODUCER_BYTE_RATE;
        let levels: [Parts<'_>; 8] = [
            &[(USER, Some(ANONYMOUS)), (CLIENT_ID, Some("a"))],
            &[(USER, Some(ANONYMOUS)), (CLIENT_ID, None)],
            &[(USER, Some(ANONYMOUS))],
            &[(USER, None), (CLIENT_ID, Some("a"))],
            &[(USER, None), (CLIENT_ID, None)],
            &[(USER, None)],
            &[(CLIENT_ID, Some("a"))],
            &[(CLIENT_ID, None)],
        ];
        for nearest_level in 0..levels.len() {
            let quotas: Vec<_> = levels
                .iter()
                .enumerate()
                .skip(nearest_level)
                .map(|(level, entity)| (*entity, key, level as f64 + 1.0))
                .collect();
            let limit = nearest(&image(&quotas), "a", key).unwrap();
            assert_eq!(limit.per_s, nearest_level as f64 + 1.0);
        }
        let other: Parts<'_> = &[(CLIENT_ID, Some("b"))];
        assert!(nearest(&image(&[(other, key, 5.0)]), "a", key).is_none());
        assert!(nearest(&image(&[(levels[0], CONSUMER_BYTE_RATE, 5.0)]), "a", key).is_none());
    }

    #[test]
    fn client_ids_of_one_user_quota_share_it_and_those_of_a_client_quota_do_not() {
        let by_user = image(&[(&[(USER, None)], PRODUCER_BYTE_RATE, 1.0)]);
        let by_client = image(&[(&[(CLIENT_ID, None)], PRODUCER_BYTE_RATE, 1.0)]);
        let add = |quotas: &ClientQuotas, image, client| {
            quotas.add(image, client, QuotaKind::Produce, 10.0) > 0
        };
        let quotas = ClientQuotas::default();
        assert!(!add(&quotas, &by_user, "a"));
        assert!(
            add(&quotas, &by_user, "b"),
            "the user's ten seconds are used up"
        );
        let quotas = ClientQuotas::default();
        assert!(!add(&quotas, &by_client, "a"));
        assert!(!add(&quotas, &by_client, "b"));
        assert!(add(&quotas, &by_client, "b"));
    }

    #[test]
    fn a_connection_too_many_is_told_so_and_does_not_count() {
        let loopback: Parts<'_> = &[(IP, Some("127.0.0.1"))];
        let image = image(&[
            (loopback, CONNECTION_CREATION_RATE, 1.0),
            (&[(IP, None)], CONNECTION_CREATION_RATE, 1_000.0),
        ]);
        let quotas = ClientQuotas::default();
        let [one, other] = [1, 2].map(|last| IpAddr::from([127, 0, 0, last]));
        for _ in 0..10 {
            assert_eq!(quotas.connect(&image, one), 0);
        }
        let first = quotas.connect(&image, one);
        assert!(first > 0);
        assert!(quotas.connect(&image, one) <= first);
        assert_eq!(quotas.connect(&image, other), 0);
        let mapped = "::ffff:127.0.0.1".parse().unwrap();
        assert!(quotas.connect(&image, mapped) > 0);
    }
}
