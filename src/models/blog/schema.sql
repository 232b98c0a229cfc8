-- The tables of the bundled models: users write posts, posts get comments.
-- Deleting a user or a post that others refer to is refused (no cascades: they would change rows behind the cache).

CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username   varchar(50) NOT NULL UNIQUE,
    email      varchar(255) NOT NULL UNIQUE,
    bio        text,
    age        integer CHECK (age BETWEEN 0 AND 150),
    balance    numeric(12, 2) NOT NULL DEFAULT 0,
    is_active  boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE posts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    bigint NOT NULL REFERENCES users (id),
    title      varchar(200) NOT NULL,
    body       text NOT NULL DEFAULT '',
    published  boolean NOT NULL DEFAULT false,
    views      bigint NOT NULL DEFAULT 0,
    rating     double precision,
    meta       jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX posts_user_id_idx ON posts (user_id);

CREATE TABLE comments (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    post_id    bigint NOT NULL REFERENCES posts (id),
    user_id    bigint NOT NULL REFERENCES users (id),
    body       text NOT NULL,
    stars      smallint,
    token      uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX comments_post_id_idx ON comments (post_id);
CREATE INDEX comments_user_id_idx ON comments (user_id);
