// The picture to share: drawn here, on this device, with no name and no place in it.

import type { Dividend, Session } from "./api-types";
import { dayAndTime, minutes } from "./format";

const WIDTH = 1080;
const HEIGHT = 1080;
const MARGIN = 90;
const SCALE_FROM = 0.8;
const SCALE_TO = 2.2;
const COLORS = { ground: "#101826", ink: "#f2f5fa", muted: "#9fb0c8", backward: "#ff9b52", line: "#33415a" };
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

export async function drawShare(session: Session, dividend: Dividend, timeZone: string): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("This browser cannot draw the picture.");
  draw(pen, session, dividend, timeZone);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("This browser cannot draw the picture."))), "image/png"),
  );
}

function draw(pen: CanvasRenderingContext2D, session: Session, dividend: Dividend, timeZone: string): void {
  const text = (words: string, size: number, y: number, color: string, weight = 400, x = MARGIN): void => {
    pen.font = `${weight} ${size}px ${FONT}`;
    pen.fillStyle = color;
    pen.fillText(words, x, y, WIDTH - x - MARGIN);
  };
  pen.fillStyle = COLORS.ground;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  text("Does running backwards burn twice?", 46, 170, COLORS.muted, 600);
  text(`${dividend.ratio.toFixed(2)} ×`, 240, 420, COLORS.backward, 800);
  text(`the same forward (${dividend.low.toFixed(2)}–${dividend.high.toFixed(2)}), not 2 ×`, 46, 510, COLORS.ink, 600);

  const left = MARGIN;
  const width = WIDTH - 2 * MARGIN;
  const at = (ratio: number): number =>
    left + ((Math.min(SCALE_TO, Math.max(SCALE_FROM, ratio)) - SCALE_FROM) / (SCALE_TO - SCALE_FROM)) * width;
  const y = 650;
  pen.fillStyle = COLORS.line;
  pen.fillRect(left, y - 6, width, 12);
  pen.fillStyle = COLORS.backward;
  pen.globalAlpha = 0.45;
  pen.fillRect(at(dividend.low), y - 26, at(dividend.high) - at(dividend.low), 52);
  pen.globalAlpha = 1;
  pen.beginPath();
  pen.arc(at(dividend.ratio), y, 24, 0, 2 * Math.PI);
  pen.fill();
  pen.textAlign = "center";
  for (const [ratio, word] of [[1, "same"], [1.5, "1.5 ×"], [2, "twice"]] as const) {
    pen.fillStyle = COLORS.muted;
    pen.fillRect(at(ratio) - 2, y - 40, 4, 80);
    pen.font = `500 36px ${FONT}`;
    pen.fillText(word, at(ratio), y + 96);
  }
  pen.textAlign = "left";
  text(`${minutes(session.backward.duration_s)} backward · ${minutes(session.forward.duration_s)} forward`, 46, 850, COLORS.ink, 600);
  text(`${session.energy.display} · ${dayAndTime(session.started_at, timeZone)}`, 36, 910, COLORS.muted);
  text("‹› Backstride · an estimate; the band holds for two in three", 32, 1000, COLORS.muted);
}
