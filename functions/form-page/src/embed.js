// Sets a form into the page that loads this, where it stands, in a frame that is as tall as the form:
// <script src="https://…/f/{key}/embed.js" async></script>
(() => {
  const script = document.currentScript;
  const form = new URL(script.src);
  form.pathname = form.pathname.replace(/\/embed\.js$/, "");
  // What the address of the page says goes on to the form, which takes the parameters that it knows.
  form.search = location.search;
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: form.href, title: script.dataset.title ?? "Form", loading: "lazy" });
  frame.style.cssText = "display:block;width:100%;height:32rem;border:0";
  addEventListener("message", ({ source, origin, data }) => {
    const height = Number(data?.formHeight);
    if (source !== frame.contentWindow || origin !== form.origin || !(height > 0)) return;
    frame.style.height = `${Math.min(Math.ceil(height), 20_000)}px`;
  });
  script.after(frame);
})();
