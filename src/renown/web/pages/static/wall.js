// Go on to the next race of a wall, or load the same one again.
const wall = document.querySelector("[data-next-path]");
setTimeout(() => location.assign(wall.dataset.nextPath), wall.dataset.seconds * 1000);
