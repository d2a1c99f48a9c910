create table orders (
  id uuid primary key,
  customer text not null,
  email text not null,
  lines jsonb not null,
  total_cents integer not null,
  placed_at timestamptz not null default now()
);
