//! Glossary: the words of this library.
//!
//! | word | meaning |
//! |---|---|
//! | absolute timeout | the longest that a session is accepted after it began, however often it is used; 30 days by default |
//! | accepted | of a token: it became the session of the request |
//! | adopt | accept the session in a cookie of another library, and continue it: [moving in](super::migration) |
//! | boot key | a random secret that a process draws at start if none is configured; the keyring is then *ephemeral* |
//! | compact | the encoding of a [typed session](super::types#which-encoding) without the names of fields and variants |
//! | confirmation | the record in a session of when its user last proved who they are: [`confirm`](crate::Session::confirm) |
//! | context | a text that separates applications or tenants which share a secret |
//! | CSRF token | proof, in a form or a header, that the request comes from a page that was shown to this session: [forms](super::forms) |
//! | current | of a secret: it seals and opens |
//! | decode | turn a request into a [`Session`](crate::Session) |
//! | encode | write a session to a response, if there is something to tell the client |
//! | flash message | a text that one request leaves for the next page, in a cookie of its own |
//! | held back | of a cookie: the browser has it and does not send it, because [another site](super::cross_site) started the request |
//! | id | 128 random bits that name a session; secret |
//! | idle timeout | how long a session is accepted after it was sealed last; 14 days by default |
//! | invalidate | make the session new and empty: log-out |
//! | key id | two bytes that say which key sealed a token: `3f0a` in the log. Not secret |
//! | keyring | one current secret, and any number of previous and upcoming ones |
//! | label | a short name of a session for logs. It cannot be turned back into the id |
//! | open | verify and decrypt a token |
//! | passive | of a request: it reads a session without keeping it alive, such as a poll: [`passive`](crate::Session::passive) |
//! | payload | what the application keeps in a session: a [`Dict`](crate::Dict) of strings, or a value of your type |
//! | pre-session | the new, empty session of a request without an accepted token |
//! | previous | of a secret: it sealed until recently, and still opens |
//! | purpose | the name of what a sealed value is for; each has keys of its own |
//! | re-seal | seal a session again with the current secret, because a previous one opened it |
//! | refresh | seal an unchanged session again, because half of its idle timeout has passed |
//! | rejected | of a token: it did not become the session |
//! | [`Rejection`](crate::Rejection) | why a token was rejected; for logs, not for clients |
//! | renew | give the session a new id and a new beginning, and keep its data: log-in |
//! | revoke | end a session on the server, so that no copy of its cookie is accepted |
//! | rotation | the replacement of a secret in [three steps](super::secrets#rotate-a-secret), without logging anybody out |
//! | schema | the name of a payload type; another schema has other keys |
//! | scope | everything that a key is bound to: the cookie's name, path and domain, the transport, `partitioned`, the context and the schema |
//! | seal | encrypt and authenticate |
//! | sealed value | a value for one purpose and a limited time, in a link, a form or a cookie of its own: [`Sealer`](crate::Sealer) |
//! | secret | what the operator configures: at least 32 random bytes |
//! | [`Sent`](crate::Sent) | what `encode` did: set, removed, left unchanged or withheld |
//! | shape | eight hexadecimal digits that change when a compact type does |
//! | subject | whose session it is, for revocation: usually the account |
//! | token | the value of the cookie: untrusted text until it is opened |
//! | transport | how the browser reached the site: `Https` or `Http` |
//! | upcoming | of a secret: other machines seal with it already, or will soon; this machine only opens with it |
//! | withheld | of a session: written, and not sent, because the request came over the other transport or its secret was removed |
