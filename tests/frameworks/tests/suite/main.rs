//! What a session has to do, in every framework.
//!
//! One test a framework and behaviour: `behaviours` says what, `site` starts a server, `visitor` is a browser.

mod behaviours;
mod gateway;
mod lambda;
mod rpc;
mod site;
mod split_cookies;
mod visitor;

/// A test of each behaviour, at a site that is started for it.
macro_rules! suite {
    ($framework:ident, $start:expr) => {
        suite! { $framework, $start;
            a_first_visit_is_a_pre_session_and_sends_no_cookie
            a_log_in_is_seen_by_the_next_request
            a_log_in_renews_the_id
            a_log_out_removes_the_cookie
            readers_in_parallel_are_sent_nothing
            visitors_in_parallel_do_not_meet
            cookies_of_others_are_kept
            the_session_is_found_in_any_of_several_fields
            an_old_session_is_refreshed_beside_a_cookie_of_others
            a_tampered_cookie_is_a_pre_session
            the_body_of_a_request_reaches_the_session
            a_session_too_large_is_a_500_and_the_old_one_stays
            an_error_carries_what_was_written
            an_untouched_page_stays_as_it_was
        }
    };
    (guarded $framework:ident, $start:expr) => {
        suite! { $framework, $start;
            a_post_without_a_token_is_a_403_and_changes_nothing
            a_message_is_shown_once_by_the_next_page
            a_poll_keeps_no_session_alive
            a_revoked_session_is_refused_at_its_next_request
            a_store_that_fails_is_a_503_that_keeps_the_cookie
        }
    };
    ($framework:ident, $start:expr; $($behaviour:ident)*) => {
        mod $framework {
            use crate::{behaviours, site::Site};
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $behaviour() {
                    behaviours::$behaviour(&$start.await).await;
                }
            )*
        }
    };
}

suite!(actix, Site::over_http1(frameworks::actix::serve));
suite!(axum, Site::over_http1(frameworks::axum::serve));
suite!(hyper_over_http1, Site::over_http1(frameworks::hyper::serve));
suite!(hyper_over_http2, Site::over_http2(frameworks::hyper::serve));
suite!(lambda_behind_an_http_api, Site::over_http1(crate::gateway::http_api));
suite!(lambda_behind_a_rest_api, Site::over_http1(crate::gateway::rest_api));
suite!(poem, Site::over_http1(frameworks::poem::serve));
suite!(salvo, Site::over_http1(frameworks::salvo::serve));
suite!(tonic, Site::over_grpc(frameworks::tonic::serve));
suite!(viz, Site::over_http1(frameworks::viz::serve));
suite!(warp, Site::over_http1(frameworks::warp::serve));

suite!(guarded actix_guarded, Site::guarded_without_layers(frameworks::actix::serve_guarded));
suite!(guarded axum_guarded, Site::guarded_over_http1(frameworks::axum::serve_guarded));
suite!(guarded hyper_over_http1_guarded, Site::guarded_over_http1(frameworks::hyper::serve_guarded));
suite!(guarded hyper_over_http2_guarded, Site::guarded_over_http2(frameworks::hyper::serve_guarded));
suite!(guarded lambda_behind_an_http_api_guarded, Site::guarded_over_http1(crate::gateway::http_api_guarded));
suite!(guarded lambda_behind_a_rest_api_guarded, Site::guarded_over_http1(crate::gateway::rest_api_guarded));
suite!(guarded poem_guarded, Site::guarded_over_http1(frameworks::poem::serve_guarded));
suite!(guarded salvo_guarded, Site::guarded_without_layers(frameworks::salvo::serve_guarded));
suite!(guarded viz_guarded, Site::guarded_over_http1(frameworks::viz::serve_guarded));
suite!(guarded warp_guarded, Site::guarded_over_http1(frameworks::warp::serve_guarded));
// Without CSRF tokens, which are not for gRPC.
suite!(tonic_guarded, Site::guarded_over_grpc(frameworks::tonic::serve_guarded);
    a_message_is_shown_once_by_the_next_page
    a_revoked_session_is_refused_at_its_next_request
    a_store_that_fails_is_a_503_that_keeps_the_cookie
);
