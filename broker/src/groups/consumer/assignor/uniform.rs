//! The assignor `uniform` where all members read the same topics: counts differ by one at most, and nothing moves that
//! need not.
//!
//! Pure. As Kafka's, except for who may have one more than the others: those who have it already come first, so that
//! nothing moves for the order of the members' ids alone.

use uuid::Uuid;

use super::super::{Partitions, add, count, each};
use super::Spec;

/// The targets of the members, in their order.
pub fn assign(spec: &Spec<'_>) -> Vec<Partitions> {
    let (mut targets, taken) = spec.kept();
    if targets.is_empty() {
        return targets;
    }
    let mut free = spec.free(&taken);
    let quotas = quotas(&targets, taken.len() + free.len());
    for (target, quota) in targets.iter_mut().zip(&quotas) {
        give_up(target, *quota, &mut free);
    }
    let mut free = free.into_iter();
    for (target, quota) in targets.iter_mut().zip(&quotas) {
        let wanted = quota.saturating_sub(count(target));
        for (topic, index) in free.by_ref().take(wanted) {
            add(target, topic, index);
        }
    }
    targets
}

/// How many each is to have.
fn quotas(kept: &[Partitions], total: usize) -> Vec<usize> {
    let least = total / kept.len();
    let mut larger = total % kept.len();
    let mut quotas = vec![least; kept.len()];
    let mut by_need: Vec<usize> = (0..kept.len()).collect();
    by_need.sort_by_key(|member| count(&kept[*member]) <= least);
    for member in by_need {
        if larger == 0 {
            break;
        }
        quotas[member] += 1;
        larger -= 1;
    }
    quotas
}

/// Takes the last partitions above the quota away.
fn give_up(target: &mut Partitions, quota: usize, free: &mut Vec<(Uuid, i32)>) {
    let surplus: Vec<(Uuid, i32)> = each(target).skip(quota).collect();
    for (topic, index) in surplus {
        if let Some(indexes) = target.get_mut(&topic) {
            indexes.remove(&index);
            if indexes.is_empty() {
                target.remove(&topic);
            }
        }
        free.push((topic, index));
    }
}
