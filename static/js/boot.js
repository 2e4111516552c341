// Before the first paint: the style sheets may assume scripts (menus closed on phones, bulk bar hidden).
document.documentElement.classList.add("js");
