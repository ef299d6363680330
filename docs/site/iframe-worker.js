/* Opened from the disk a page may start no worker: the search then works in a hidden frame. */
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(address) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      const inside = frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      const script = inside.document.createElement("script");
      const ready = new Promise((resolve) => { script.onload = resolve; });
      this.postMessage = async (data) => {
        await ready;
        inside.dispatchEvent(new MessageEvent("message", { data }));
      };
      script.src = address;
      inside.document.body.append(script);
    }
  };
  window.Worker = window.IFrameWorker;
}
