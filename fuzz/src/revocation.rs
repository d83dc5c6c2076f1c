//! Sessions that the server ends: tokens, a hook that replies yes, no, or not at all, a deny list,
//! log-outs and renewals.
//!
//! The input is a site, a deny list, and then events, choices of a byte each; see
//! [`RevocationWorld::read`] and [`turn`].

use crate::exchange::Exchange;
use crate::input::Input;
use crate::revocation_layer;
use crate::revocation_world::RevocationWorld;

/// A session that was revoked or could not be checked is never loaded, nor sealed again under
/// another id. The hook is asked about every token that would be accepted, and is told the truth.
/// `revoke` has it record every session of the request, and removes the cookie; `renew`
/// has it record the old id. What fails records nothing.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut world = RevocationWorld::read(&mut input);
    for _ in 0..64 {
        if input.has_ended() || !turn(&mut world, &mut input) {
            break;
        }
    }
}

/// One event. Returns whether another may come.
fn turn(world: &mut RevocationWorld, input: &mut Input<'_>) -> bool {
    match input.below(8) {
        0 | 1 => world.seal(input),
        2 if !world.real_time => world.wait(input),
        3 => world.deny_before(None, input),
        _ if world.real_time => {
            if !revocation_layer::visit(world, input) {
                return false;
            }
        }
        _ => Exchange::make(world, input),
    }
    world.check_list();
    true
}
