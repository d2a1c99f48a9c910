create table parts (
  id integer primary key,
  number text not null unique,
  name text not null,
  category text not null,
  description text not null,
  drawing text not null,
  price_cents integer not null check (price_cents > 0),
  stock integer not null check (stock >= 0)
);
create table orders (
  id uuid primary key,
  customer text not null,
  email text not null,
  goods_cents integer not null,
  discount_cents integer not null,
  shipping_cents integer not null,
  tax_cents integer not null,
  total_cents integer not null,
  placed_at timestamptz not null default now()
);
create table order_lines (
  order_id uuid not null references orders (id) on delete cascade,
  part_id integer not null references parts (id),
  quantity integer not null check (quantity > 0),
  price_cents integer not null,
  primary key (order_id, part_id)
);
