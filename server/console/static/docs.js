// Shows the API's description. The header tells the server that a page of ours asks, not one of another site.
"use strict";
window.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("docs");
  window.SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    validatorUrl: null,
    requestInterceptor: (request) => {
      request.headers["X-Requested-With"] = "XMLHttpRequest";
      return request;
    },
  });
});
