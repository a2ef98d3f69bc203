"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const numbers = (text, kind) => new kind(Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer);
  const points = numbers(data.points, Float32Array);
  const codes = numbers(data.codes, Uint8Array);
  const count = codes.length;
  const canvas = document.querySelector("canvas");
  const stage = document.getElementById("stage");
  const tip = document.getElementById("tip");
  const brush = canvas.getContext("2d");
  const shown = new Set(data.legend.map((entry) => entry.code));
  const NEAR = 18; // pixels from a dot to the pointer at which it is meant
  const FEW = 160; // dots in view, up to which they are pictures
  const SIDE = 72; // of these pictures
  let width = 1, height = 1, x = 0, y = 0, scale = 1, first = 1, pending = false, inView = [];

  // A grid over the map: what lies in a rectangle is found without looking at all dots.
  let low = [0, 0], high = [0, 0];
  if (count) {
    low = [Infinity, Infinity];
    high = [-Infinity, -Infinity];
    for (let one = 0; one < count; one++) {
      for (let axis = 0; axis < 2; axis++) {
        low[axis] = Math.min(low[axis], points[2 * one + axis]);
        high[axis] = Math.max(high[axis], points[2 * one + axis]);
      }
    }
  }
  const across = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(count / 4))));
  const cellOf = (value, axis) => {
    const spread = high[axis] - low[axis];
    const at = spread > 0 ? Math.floor(((value - low[axis]) / spread) * across) : 0;
    return Math.max(0, Math.min(across - 1, at));
  };
  const cells = Array.from({ length: across * across }, () => []);
  for (let one = 0; one < count; one++) {
    cells[cellOf(points[2 * one + 1], 1) * across + cellOf(points[2 * one], 0)].push(one);
  }
  const within = (left, bottom, right, top) => {
    const found = [];
    for (let row = cellOf(bottom, 1); row <= cellOf(top, 1); row++) {
      for (let column = cellOf(left, 0); column <= cellOf(right, 0); column++) {
        for (const one of cells[row * across + column]) {
          const [a, b] = [points[2 * one], points[2 * one + 1]];
          if (a >= left && a <= right && b >= bottom && b <= top && shown.has(codes[one])) found.push(one);
        }
      }
    }
    return found;
  };

  const toPixel = (one) => [(points[2 * one] - x) * scale + width / 2, (y - points[2 * one + 1]) * scale + height / 2];
  const fit = () => {
    x = (low[0] + high[0]) / 2;
    y = (low[1] + high[1]) / 2;
    const room = 0.88 * Math.min(width / (high[0] - low[0] || 1e-9), height / (high[1] - low[1] || 1e-9));
    scale = first = high[0] > low[0] || high[1] > low[1] ? room : 1;
  };
  const measure = () => {
    const ratio = window.devicePixelRatio || 1;
    width = Math.max(1, stage.clientWidth);
    height = Math.max(1, stage.clientHeight);
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
  };

  const images = new Map();
  const imageOf = (one) => {
    if (!data.pictures[one]) return null;
    if (!images.has(one)) {
      const image = new Image();
      image.onload = ask;
      image.src = "data:image/jpeg;base64," + data.pictures[one];
      images.set(one, image);
    }
    return images.get(one);
  };
  const draw = () => {
    pending = false;
    brush.clearRect(0, 0, width, height);
    const [w, h] = [(width / 2 + SIDE) / scale, (height / 2 + SIDE) / scale];
    inView = within(x - w, y - h, x + w, y + h);
    const near = inView.length <= FEW;
    const radius = Math.max(1.5, Math.min(6, (90 / Math.sqrt(count || 1)) * Math.sqrt(scale / first)));
    for (const one of inView) {
      const [left, top] = toPixel(one);
      brush.fillStyle = data.colours[codes[one]];
      const image = near ? imageOf(one) : null;
      if (image && image.complete && image.naturalWidth) {
        const ratio = SIDE / Math.max(image.naturalWidth, image.naturalHeight);
        const [wide, tall] = [image.naturalWidth * ratio, image.naturalHeight * ratio];
        brush.fillRect(left - wide / 2 - 2, top - tall / 2 - 2, wide + 4, tall + 4);
        brush.drawImage(image, left - wide / 2, top - tall / 2, wide, tall);
      } else {
        brush.beginPath();
        brush.arc(left, top, radius, 0, 2 * Math.PI);
        brush.fill();
      }
    }
  };
  const ask = () => {
    if (!pending) {
      pending = true;
      requestAnimationFrame(draw);
    }
  };

  const nearest = (left, top) => {
    const [a, b] = [x + (left - width / 2) / scale, y - (top - height / 2) / scale];
    const reach = NEAR / scale;
    let best = -1, least = Infinity;
    for (const one of within(a - reach, b - reach, a + reach, b + reach)) {
      const away = Math.hypot(points[2 * one] - a, points[2 * one + 1] - b);
      if (away < least) [best, least] = [one, away];
    }
    return best;
  };
  const line = (name, text) => {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  };
  let told = -1;
  const tell = (one) => {
    if (one === told) return;
    told = one;
    tip.hidden = one < 0;
    if (one < 0) return;
    tip.replaceChildren();
    if (data.pictures[one]) {
      const picture = new Image();
      picture.alt = data.names[one];
      picture.src = "data:image/jpeg;base64," + data.pictures[one];
      picture.onload = () => place(one);
      tip.append(picture);
    }
    tip.append(line("span", data.names[one]));
    if (data.values[one]) tip.append(line("i", data.values[one]));
    place(one);
  };
  const place = (one) => {
    if (one !== told || one < 0) return;
    const [left, top] = toPixel(one);
    const beside = left + 14 + tip.offsetWidth > width ? left - 14 - tip.offsetWidth : left + 14;
    tip.style.left = Math.max(0, beside) + "px";
    tip.style.top = Math.max(0, Math.min(height - tip.offsetHeight, top - tip.offsetHeight / 2)) + "px";
  };

  const zoom = (factor, left, top) => {
    const wanted = Math.max(first / 4, Math.min(first * 1e5, scale * factor));
    x += (left - width / 2) * (1 / scale - 1 / wanted);
    y -= (top - height / 2) * (1 / scale - 1 / wanted);
    scale = wanted;
    tell(-1);
    ask();
  };
  const move = (right, down) => {
    x += right / scale;
    y -= down / scale;
    tell(-1);
    ask();
  };
  const held = new Map(); // pointers that are down
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = [event.offsetX, event.offsetY];
    const before = held.get(event.pointerId);
    if (!before) {
      tell(nearest(...at));
      return;
    }
    if (held.size === 1) {
      move(before[0] - at[0], before[1] - at[1]);
    } else {
      const other = [...held].find(([id]) => id !== event.pointerId)[1];
      const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]) || 1;
      zoom(apart(at) / apart(before), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
    }
    held.set(event.pointerId, at);
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => held.delete(event.pointerId));
  canvas.addEventListener("pointerleave", () => tell(-1));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("dblclick", (event) => zoom(2, event.offsetX, event.offsetY));
  const keys = {
    ArrowLeft: () => move(-60, 0), ArrowRight: () => move(60, 0), ArrowUp: () => move(0, -60), ArrowDown: () => move(0, 60),
    "+": () => zoom(1.4, width / 2, height / 2), "=": () => zoom(1.4, width / 2, height / 2),
    "-": () => zoom(1 / 1.4, width / 2, height / 2), 0: () => { fit(); tell(-1); ask(); },
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  const legend = document.querySelector("aside");
  legend.hidden = data.legend.length < 2;
  if (legend.hidden) for (let code = 0; code < data.colours.length; code++) shown.add(code);
  for (const entry of legend.hidden ? [] : data.legend) {
    const button = document.createElement("button");
    button.setAttribute("aria-pressed", "true");
    const dot = line("span", "");
    dot.className = "dot";
    dot.style.background = data.colours[entry.code];
    const name = line("span", entry.name);
    name.className = "name";
    const size = line("span", entry.size);
    size.className = "size";
    button.append(dot, name, size);
    button.addEventListener("click", () => {
      if (shown.has(entry.code)) shown.delete(entry.code);
      else shown.add(entry.code);
      button.setAttribute("aria-pressed", String(shown.has(entry.code)));
      ask();
    });
    legend.append(button);
  }
  new ResizeObserver(() => {
    const centred = width === 1;
    measure();
    if (centred) fit();
    tell(-1);
    draw(); // at once: a changed canvas is empty
  }).observe(stage);
})();
