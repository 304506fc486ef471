// The map of a case: boundaries and points from our own server, no tiles.
"use strict";

(function () {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  async function draw(place) {
    place.dataset.drawn = "yes";
    const texts = JSON.parse(place.dataset.texts);
    const note = document.querySelector("[data-map-note]");
    let data;
    try {
      const answer = await fetch(place.dataset.map, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      data = await answer.json();
    } catch (error) {
      note.textContent = texts.failed;
      return;
    }
    const map = L.map(place, { zoomControl: true, attributionControl: false, zoomSnap: 0.25, maxZoom: 21, keyboard: false });
    const near = focusOf(data);
    const all = widest(near, boundsOf(data.village));
    if (!all) {
      map.remove();
      place.hidden = true;
      note.textContent = texts.none;
      return;
    }
    map.fitBounds(all, { maxZoom: 18 });
    addAreas(map, data);
    addVillage(map, data, texts);
    addHouses(map, data);
    addPoints(map, data, texts);
    L.control.scale({ imperial: false }).addTo(map);
    if (near) addCloseUp(map, near, all, texts);
    describe(note, data, texts);
    place.dataset.ready = "yes";
  }

  // What has to be seen first: the newest visit with its circle and the registered point, with room around.
  function focusOf(data) {
    const bounds = L.latLngBounds([]);
    if (data.visits.length) {
      const visit = data.visits[0];
      bounds.extend(L.latLng(visit.lat, visit.lon).toBounds(2 * Math.min(visit.accuracy_m || 0, 2000) + 60));
    }
    if (data.register) bounds.extend(L.latLng(data.register.lat, data.register.lon).toBounds(60));
    return bounds.isValid() ? bounds.pad(0.3) : null;
  }

  function boundsOf(area) {
    return area && area.geometry ? L.geoJSON(area.geometry).getBounds() : null;
  }

  function widest(near, village) {
    if (!near || !village) return near || village;
    return L.latLngBounds(near.getSouthWest(), near.getNorthEast()).extend(village);
  }

  function addAreas(map, data) {
    for (const area of data.neighbours) {
      if (!area.geometry) continue;
      L.geoJSON(area.geometry, { style: { color: css("--line-strong"), weight: 1, fillColor: css("--map-other"), fillOpacity: 1 } })
        .addTo(map)
        .bindTooltip(text(area.name), { permanent: false, sticky: true });
    }
  }

  function addVillage(map, data, texts) {
    if (!data.village || !data.village.geometry) return null;
    return L.geoJSON(data.village.geometry, { style: { color: css("--accent"), weight: 2, fillColor: css("--map-village"), fillOpacity: 0.6 } })
      .addTo(map)
      .bindTooltip(text(`${texts.claimed}: ${data.village.name}`), { sticky: true })
      .bringToBack();
  }

  function addHouses(map, data) {
    for (const house of data.houses) {
      L.circleMarker([house.lat, house.lon], { radius: 3, weight: 0, fillColor: css("--muted"), fillOpacity: 0.7 }).addTo(map).bindTooltip(text(house.name));
    }
  }

  function addPoints(map, data, texts) {
    data.visits.forEach((visit, index) => {
      const at = [visit.lat, visit.lon];
      const faint = index === 0 ? 1 : 0.45;
      if (visit.accuracy_m > 0 && visit.accuracy_m < 5000) {
        L.circle(at, { radius: visit.accuracy_m, color: css("--visit"), weight: 1, opacity: faint, fillOpacity: 0.12 * faint, interactive: false }).addTo(map);
      }
      const label = `${texts.visit}: ${visit.form}, ${visit.on}, ${visit.officer}${visit.accuracy_m ? ` ± ${Math.round(visit.accuracy_m)} m` : ""}`;
      L.circleMarker(at, { radius: 7, color: "#fff", weight: 2, fillColor: css("--visit"), fillOpacity: faint, opacity: faint }).addTo(map).bindTooltip(text(label));
    });
    if (!data.register) return;
    const at = [data.register.lat, data.register.lon];
    const diamond = L.marker(at, { icon: L.divIcon({ className: "m-register", iconSize: [14, 14] }), keyboard: false }).addTo(map);
    diamond.bindTooltip(text(`${texts.register}${data.register.source ? ` (${data.register.source})` : ""}`));
    if (data.visits.length) {
      L.polyline([[data.visits[0].lat, data.visits[0].lon], at], { color: css("--ink"), weight: 1, dashArray: "4 4", interactive: false }).addTo(map);
    }
  }

  // The whole village first, because the question is where the point lies; one press shows the house itself.
  function addCloseUp(map, near, all, texts) {
    let isNear = false;
    const control = L.control({ position: "topright" });
    control.onAdd = () => {
      const button = L.DomUtil.create("button", "map-button");
      button.type = "button";
      button.textContent = texts.near;
      L.DomEvent.on(button, "click", (event) => {
        L.DomEvent.stop(event);
        isNear = !isNear;
        button.textContent = isNear ? texts.all : texts.near;
        map.fitBounds(isNear ? near : all, { maxZoom: 19 });
      });
      return button;
    };
    control.addTo(map);
  }

  // Names go in as text, never as HTML.
  function text(value) {
    const node = document.createElement("span");
    node.textContent = value;
    return node;
  }

  function describe(note, data, texts) {
    const metres = data.distance_m;
    note.textContent = metres === null ? "" : `${texts.distance}: ${metres >= 10000 ? `${(metres / 1000).toFixed(1)} km` : `${Math.round(metres)} m`}`;
  }

  function start() {
    const place = document.getElementById("map");
    if (place && !place.dataset.drawn && window.L) draw(place);
  }

  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("sisir:refreshed", start);
})();
