// The NGSI-LD part of NGSI.js (ngsijs, Ficodes) against a running broker. How it is run: test_ngsijs.py.
// node ngsijs.js BROKER_URL PACKAGE_FOLDER prints one line for each step; exit code 1 at the first that fails.
"use strict";

const http = require("node:http");

const [broker, folder] = process.argv.slice(2);
const NGSI = require(folder);
const ld = new NGSI.Connection(broker).ld;
const id = "urn:ngsi-ld:Streetlight:ngsijs:1";
const core = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld";
const smart = "https://raw.githubusercontent.com/smart-data-models/dataModel.Streetlighting/master/context.jsonld";

function step(name, held) {
  console.log(`${held ? "ok " : "NOT"} ${name}`);
  if (!held) process.exit(1);
}

const refused = (promise, kind) => promise.then(() => false, (error) => error instanceof kind);

async function entities() {
  const lamp = { id, type: "Streetlight", power: { type: "Property", value: 70 }, "@context": core };
  const created = await ld.createEntity(lamp);
  step("createEntity", created.location.endsWith(id));
  step("createEntity twice is refused", await refused(ld.createEntity(lamp), NGSI.AlreadyExistsError));
  step("getEntity", (await ld.getEntity(id)).entity.power.value === 70);
  step("getEntity with keyValues", (await ld.getEntity({ id, keyValues: true })).entity.power === 70);
  const missing = ld.getEntity("urn:ngsi-ld:Streetlight:ngsijs:none");
  step("getEntity of none is refused", await refused(missing, NGSI.NotFoundError));
  const added = await ld.appendEntityAttributes({ id, height: { type: "Property", value: 8 } });
  step("appendEntityAttributes", added.updated.includes("height"));
  await ld.updateEntityAttributes({ id, power: { type: "Property", value: 35 } });
  step("updateEntityAttributes", (await ld.getEntity(id)).entity.power.value === 35);
  await ld.updateEntityAttribute({ value: 30 }, { id, attribute: "power" });
  step("updateEntityAttribute", (await ld.getEntity(id)).entity.power.value === 30);
  await ld.deleteEntityAttribute({ id, attribute: "height" });
  step("deleteEntityAttribute", !("height" in (await ld.getEntity(id)).entity));
  const found = await ld.queryEntities({ type: "Streetlight", q: "power<50", count: true, limit: 5 });
  step("queryEntities with q and count", found.count === 1 && found.results[0].id === id);
  step("listTypes", (await ld.listTypes()).results.typeList.includes("Streetlight"));
  step("getType", (await ld.getType("Streetlight")).type.entityCount === 1);
}

async function smartModels() {
  const other = "urn:ngsi-ld:Streetlight:ngsijs:2";
  const power = { type: "Property", value: "on" };
  await ld.createEntity({ id: other, type: "Streetlight", powerState: power, "@context": [smart, core] });
  const found = await ld.queryEntities({ type: "Streetlight", "@context": smart, keyValues: true });
  step("Smart Data Models by address", found.results.length === 1 && found.results[0].powerState === "on");
  await ld.deleteEntity(other);
}

async function subscriptions() {
  let arrived;
  const notified = new Promise((resolve) => { arrived = resolve; });
  const endpoint = http.createServer((request, response) => {
    let text = "";
    request.on("data", (part) => { text += part; });
    request.on("end", () => { response.writeHead(204).end(); arrived(JSON.parse(text)); });
  });
  await new Promise((ready) => endpoint.listen(0, "127.0.0.1", ready));
  const uri = `http://127.0.0.1:${endpoint.address().port}/notify`;
  const { subscription } = await ld.createSubscription({
    type: "Subscription", entities: [{ type: "Streetlight" }], watchedAttributes: ["power"],
    notification: { attributes: ["power"], endpoint: { uri, accept: "application/json" } }, "@context": core,
  });
  const kept = decodeURIComponent(subscription.id);
  step("getSubscription", (await ld.getSubscription(kept)).subscription.notification.endpoint.uri === uri);
  step("listSubscriptions", (await ld.listSubscriptions({ count: true })).count === 1);
  await ld.updateEntityAttributes({ id, power: { type: "Property", value: 5 } });
  step("a notification arrives", (await notified).data[0].power.value === 5);
  await ld.updateSubscription({ id: kept, description: "lamps" });
  step("updateSubscription", (await ld.getSubscription(kept)).subscription.description === "lamps");
  await ld.deleteSubscription(kept);
  step("deleteSubscription", (await ld.listSubscriptions({ count: true })).count === 0);
  endpoint.close();
}

async function history() {
  const old = "urn:ngsi-ld:Streetlight:ngsijs:3";
  const at = (hour, value) => ({ type: "Property", value, observedAt: `2026-03-01T${hour}:00:00Z` });
  const created = await ld.createTemporalEntity({ id: old, type: "Streetlight", power: [at("10", 10), at("11", 20)] });
  step("createTemporalEntity", created.created);
  await ld.addTemporalEntityAttributes({ id: old, power: [at("12", 30)] });
  const times = { timerel: "after", timeAt: "2026-03-01T10:30:00Z" };
  const query = { type: "Streetlight", id: old, temporalValues: true, ...times };
  const values = (await ld.queryTemporalEntities(query)).results[0].power.values.map(([value]) => value);
  step("queryTemporalEntities", JSON.stringify(values) === "[20,30]");
  const all = (await ld.queryTemporalEntities({ type: "Streetlight", id: old, ...times })).results[0];
  const instance = { id: old, attribute: "power", instance: all.power[0].instanceId };
  await ld.updateTemporalEntityAttributeInstance({ power: at("11", 21) }, instance);
  const changed = (await ld.queryTemporalEntities(query)).results[0].power.values[0][0];
  step("updateTemporalEntityAttributeInstance", changed === 21);
  await ld.deleteTemporalEntityAttributeInstance(instance);
  step("deleteTemporalEntityAttributeInstance", (await ld.queryTemporalEntities(query)).results[0].power.values.length === 1);
  await ld.deleteTemporalEntity(old);
  step("deleteTemporalEntity", (await ld.queryTemporalEntities(query)).results.length === 0);
}

(async () => {
  await entities();
  await smartModels();
  await subscriptions();
  await history();
  await ld.deleteEntity(id);
  step("deleteEntity", await refused(ld.getEntity(id), NGSI.NotFoundError));
})().catch((error) => {
  console.log(`NOT ${error.stack}`);
  process.exit(1);
});
