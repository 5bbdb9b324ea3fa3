-- What SseKit keeps in an SQLite file, version 1. Times are milliseconds since 1970. All names begin with ssekit_, because the tables may
-- stand beside those of the app. For the same reason the version is a column: user_version and application_id are the app's.

-- changes counts the transactions that changed topics; a process that sees a count that is not its own looks for the changes of others.
create table ssekit_store (
    only_row   integer primary key check (only_row = 1),
    version    integer not null,
    secret     blob not null,
    changes    integer not null default 0,
    last_event integer not null default 0,
    last_time  integer not null default 0,
    events     integer not null default 0,
    bytes      integer not null default 0,
    generation integer not null default 0
);

insert into ssekit_store (only_row, version, secret) values (1, 1, randomblob(16));

-- The epoch of a topic without a row is computed from its name, the secret and the generation of its bucket, so that reading an unused topic
-- writes nothing. A deletion gives the bucket another generation: no topic gets an epoch that it had before.
create table ssekit_generations (
    bucket     integer primary key,
    generation integer not null
);

-- A name is text, or the bytes of its UTF-16 if text cannot hold it. id names one log of the topic and is never used again.
create table ssekit_topics (
    id         integer primary key autoincrement,
    name       not null unique,
    epoch      text not null,
    head       integer not null default 0,
    oldest     integer not null default 1,
    bytes      integer not null default 0,
    status     integer not null default 0,
    used_at    integer not null
);

-- id is the order in which the events of all topics came.
create table ssekit_events (
    id       integer primary key,
    topic    integer not null,
    sequence integer not null,
    time     integer not null,
    key,
    payload  blob not null
);

create unique index ssekit_events_by_topic on ssekit_events (topic, sequence);

create index ssekit_events_by_key on ssekit_events (topic, key, sequence) where key is not null;

-- Logs that were deleted, whose events are removed in the background.
create table ssekit_dropped (
    topic integer primary key
);

-- Topics that were completed or deleted, for other processes. Appends are found in events.
create table ssekit_changed (
    id   integer primary key autoincrement,
    name not null
);

create table ssekit_leases (
    name       primary key not null,
    owner      text not null,
    expires_at integer not null
) without rowid;

-- Processes that commit without flushing the disk.
create table ssekit_unflushed (
    id      text not null unique,
    boot    text not null,
    process integer not null
);
