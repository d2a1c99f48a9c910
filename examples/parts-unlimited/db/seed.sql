-- A new database for Parts Unlimited: the schema of the first migration, word for word (a test compares them), its mark in the
-- list of applied ones, and the catalogue. Later migrations are applied by the shop when it starts, as on a database with history.
create table schema_migrations (name text primary key, applied_at timestamptz not null default now());
insert into schema_migrations (name) values ('001_shop.sql');

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

insert into parts (id, number, name, category, description, drawing, price_cents, stock) values
  (1, 'PU-1011', 'Vented brake disc 300 mm', 'Brakes', 'Front axle, vented, high-carbon iron that stays flat when it gets hot. Sold singly.', 'disc', 6490, 38),
  (2, 'PU-1012', 'Drilled sport disc 320 mm', 'Brakes', 'Cross-drilled and zinc coated. Bites early in the rain and does not rust at the edge.', 'disc-drilled', 11890, 14),
  (3, 'PU-1021', 'Front brake pads, ceramic', 'Brakes', 'Quiet, low dust, with wear sensor and new clips. One axle set.', 'pads-front', 4290, 52),
  (4, 'PU-1022', 'Rear brake pads', 'Brakes', 'The everyday set: even wear, bedded in after fifty miles.', 'pads-rear', 2890, 47),
  (5, 'PU-2031', 'Iridium spark plug', 'Engine', 'A fine-wire tip for a clean burn: sixty thousand miles between changes.', 'plug-iridium', 1390, 160),
  (6, 'PU-2032', 'Nickel spark plug', 'Engine', 'What the handbook asks for. Change it with every second oil service.', 'plug-nickel', 420, 240),
  (7, 'PU-2041', 'Oil filter, spin-on', 'Engine', 'Pressed steel can with a return valve, so the first second of the day is not dry.', 'oil-filter', 890, 96),
  (8, 'PU-2042', 'Long-life oil filter', 'Engine', 'Synthetic fleece with twice the surface, for services two years apart.', 'oil-filter-long', 1540, 61),
  (9, 'PU-2051', 'Panel air filter', 'Engine', 'Pleated paper in a soft frame that seals without grease.', 'air-filter', 1690, 74),
  (10, 'PU-2061', 'Timing belt kit', 'Engine', 'Belt, tensioner and idler together, because the labour costs more than the parts.', 'timing-belt', 13490, 9),
  (11, 'PU-2062', 'Ribbed V-belt', 'Engine', 'Drives alternator, pump and air conditioning. Six ribs, no squeal.', 'ribbed-belt', 1990, 33),
  (12, 'PU-2071', 'Forged piston 82 mm', 'Engine', 'Rings and pin included. Weighed in sets, so that four of them agree.', 'piston', 15900, 21),
  (13, 'PU-3081', 'Battery 60 Ah', 'Electrics', 'Starts at ten below zero and is still sealed after five winters.', 'battery', 9490, 18),
  (14, 'PU-3082', 'AGM battery 80 Ah', 'Electrics', 'For cars that stop at every light and start again.', 'battery-agm', 17990, 7),
  (15, 'PU-3091', 'LED headlight, left', 'Electrics', 'Complete housing with low and high beam and a hard-coated lens.', 'headlight', 24900, 5),
  (16, 'PU-3092', 'Round fog light', 'Electrics', 'Wide, low and amber-free: lights the verge and not the fog.', 'fog-light', 5290, 26),
  (17, 'PU-3101', 'H7 bulb, pair', 'Electrics', 'Whiter by a shade and legal everywhere. Always change both.', 'bulb', 1890, 88),
  (18, 'PU-4111', 'Gas shock absorber', 'Chassis', 'Takes the float out of an old car. Change the axle, not one side.', 'shock', 7990, 24),
  (19, 'PU-4112', 'Coilover strut', 'Chassis', 'Spring and damper in one, height and rebound set with a spanner.', 'coilover', 21900, 4),
  (20, 'PU-4121', 'Five-spoke alloy wheel 17″', 'Chassis', 'Cast, then flow-formed: a pound lighter than it looks.', 'wheel-alloy', 14900, 32),
  (21, 'PU-4122', 'Steel wheel 15″', 'Chassis', 'For winter tyres and honest cars. Powder coated black.', 'wheel-steel', 5490, 40),
  (22, 'PU-5131', 'Aluminium radiator', 'Cooling', 'Brazed core with plastic-free tanks: no seam left to leak.', 'radiator', 13900, 11),
  (23, 'PU-5132', 'Radiator fan, 12 in', 'Cooling', 'Seven blades, one speed and a plug that fits.', 'fan', 8790, 0),
  (24, 'PU-6141', 'Flat wiper blades, pair', 'Body', 'One rubber edge, no joints to freeze. Clicks on without tools.', 'wiper', 2190, 67);
