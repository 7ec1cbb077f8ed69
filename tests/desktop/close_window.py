"""Asks a window to close, as its frame does: WM_DELETE_WINDOW to the top window of a program. No window manager is needed.

    close_window.py CLASS
"""

import ctypes
import sys


class ClientMessage(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                ("format", ctypes.c_int), ("data", ctypes.c_long * 5)]


class Event(ctypes.Union):
    _fields_ = [("client", ClientMessage), ("pad", ctypes.c_long * 24)]


class ClassHint(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("cls", ctypes.c_char_p)]


X = ctypes.CDLL("libX11.so.6")
X.XOpenDisplay.restype = ctypes.c_void_p
X.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
X.XDefaultRootWindow.restype = ctypes.c_ulong
X.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
X.XInternAtom.restype = ctypes.c_ulong
X.XQueryTree.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_void_p] * 4
X.XGetClassHint.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p]
X.XGetWMProtocols.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p]
X.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
X.XCloseDisplay.argtypes = [ctypes.c_void_p]


def below(display, window):
    root, parent, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_uint()
    children = ctypes.POINTER(ctypes.c_ulong)()
    X.XQueryTree(display, window, ctypes.byref(root), ctypes.byref(parent), ctypes.byref(children), ctypes.byref(count))
    found = [children[i] for i in range(count.value)]
    return found + [deeper for child in found for deeper in below(display, child)]


def main():
    wanted = sys.argv[1].lower().encode()
    display = X.XOpenDisplay(None)
    if not display:
        sys.exit("no display")
    protocols, delete = (X.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    asked = 0
    for window in below(display, X.XDefaultRootWindow(display)):
        hint, known, count = ClassHint(), ctypes.POINTER(ctypes.c_ulong)(), ctypes.c_int()
        if not X.XGetClassHint(display, window, ctypes.byref(hint)) or wanted not in ((hint.cls or b"") + (hint.name or b"")).lower():
            continue
        if not X.XGetWMProtocols(display, window, ctypes.byref(known), ctypes.byref(count)):
            continue
        event = Event()
        event.client = ClientMessage(33, 0, 1, display, window, protocols, 32, (ctypes.c_long * 5)(delete, 0, 0, 0, 0))
        asked += X.XSendEvent(display, window, 0, 0, ctypes.byref(event))
    X.XCloseDisplay(display)
    if asked == 0:
        sys.exit(f"no window of the class {sys.argv[1]}")


if __name__ == "__main__":
    main()
