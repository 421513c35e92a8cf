//! ListTransactions (66): every transactional id, as far as filters let it through (KIP-664).
//!
//! - 1 filters by how long a transaction has run (KIP-994), 2 by a regular expression over ids (KIP-1152).

use corelane_protocol::ErrorCode;
use corelane_protocol::messages::list_transactions::{
    ListTransactionsRequest, ListTransactionsResponse, TransactionState,
};
use regex::Regex;

use crate::clock;
use crate::dispatch::Call;
use crate::limits::TRANSACTIONAL_ID_PATTERN_BYTES_MAX;
use crate::transactions::lane;
use crate::transactions::state::{State, Transaction};

/// Lists.
pub async fn handle(call: &Call, request: ListTransactionsRequest) -> ListTransactionsResponse {
    let refused = |code: ErrorCode| ListTransactionsResponse {
        error_code: code.code(),
        ..ListTransactionsResponse::default()
    };
    let pattern = match pattern_of(&request) {
        Ok(pattern) => pattern,
        Err(code) => return refused(code),
    };
    let all = match lane::list(&call.connection.lane).await {
        Ok(all) => all,
        Err(code) => return refused(code),
    };
    let now_ms = clock::now_ms();
    let passes = |(id, transaction): &(String, Transaction)| {
        passes(&request, transaction, now_ms)
            && pattern.as_ref().is_none_or(|pattern| pattern.is_match(id))
    };
    let is_unknown = |name: &&String| !State::ALL.iter().any(|state| state.name() == *name);
    ListTransactionsResponse {
        unknown_state_filters: request
            .state_filters
            .iter()
            .filter(is_unknown)
            .cloned()
            .collect(),
        transaction_states: all
            .into_iter()
            .filter(passes)
            .map(|(transactional_id, transaction)| TransactionState {
                transactional_id,
                producer_id: transaction.producer_id,
                transaction_state: transaction.state.name().to_owned(),
            })
            .collect(),
        ..ListTransactionsResponse::default()
    }
}

/// The whole id has to match.
fn pattern_of(request: &ListTransactionsRequest) -> Result<Option<Regex>, ErrorCode> {
    let Some(pattern) = request
        .transactional_id_pattern
        .as_deref()
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    if pattern.len() > TRANSACTIONAL_ID_PATTERN_BYTES_MAX {
        return Err(ErrorCode::InvalidRegularExpression);
    }
    let compiled = Regex::new(&format!("^(?:{pattern})$"));
    compiled
        .map(Some)
        .map_err(|_| ErrorCode::InvalidRegularExpression)
}

fn passes(request: &ListTransactionsRequest, transaction: &Transaction, now_ms: i64) -> bool {
    let states = &request.state_filters;
    let ids = &request.producer_id_filters;
    let running_ms = now_ms.saturating_sub(transaction.start_ms);
    (states.is_empty() || states.iter().any(|name| name == transaction.state.name()))
        && (ids.is_empty() || ids.contains(&transaction.producer_id))
        && (request.duration_filter < 0
            || (transaction.state == State::Ongoing && running_ms > request.duration_filter))
}
