//! The window: a command parses, calls `app`, hands the result on. Every decision is made below.

mod commands;
mod single;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bogam_app::doctor::{DEVICES_COMMAND, list_devices};
use bogam_app::vault::LockCause;
use bogam_app::window::types::AppEvent;
use bogam_app::window::{Surroundings, Window};
use bogam_engine::llama::{WORKER_COMMAND, no_core_dump, run_worker};
use tauri::{App, AppHandle, Manager as _, Runtime, WebviewWindowBuilder, WindowEvent};

use commands::Shell;

/// Freed memory is wiped: keys, passphrases and texts of cases are not left behind in it when the vault locks.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// How often the clocks are looked at.
const TICK: Duration = Duration::from_secs(1);

/// Opens the one window. WebKit keeps nothing on the disk of it; under a driver of tests it must, for a driver knows only
/// the common store.
fn open_window<R: Runtime>(app: &App<R>) -> Result<(), Box<dyn std::error::Error>> {
    let driven = std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some();
    for config in &app.config().app.windows {
        WebviewWindowBuilder::from_config(app.handle(), config)?.incognito(!driven).build()?;
    }
    Ok(())
}

/// Looks at the clocks, and whether another start called.
fn tick(shell: &Shell, app: &AppHandle, home: &Path) {
    loop {
        std::thread::sleep(TICK);
        match shell.window.tick() {
            Some(LockCause::Idle) => drop(shell.tell(AppEvent::Locked { reason: "idle" })),
            Some(LockCause::Slept) => drop(shell.tell(AppEvent::Locked { reason: "sleep" })),
            None => {}
        }
        if single::called(home)
            && let Some(window) = app.get_webview_window("main")
        {
            // A window manager may refuse; the window is still there to be clicked.
            drop(window.unminimize());
            drop(window.set_focus());
        }
    }
}

fn main() -> ExitCode {
    // The worker of the model is this program again, and so is what asks for devices.
    match std::env::args().nth(1).as_deref() {
        Some(WORKER_COMMAND) => return run_worker(),
        Some(DEVICES_COMMAND) => return list_devices().map_or(ExitCode::from(3), |()| ExitCode::SUCCESS),
        Some(_) | None => {}
    }
    no_core_dump();
    let surroundings = Surroundings::home();
    let home = surroundings.vault.parent().map(Path::to_path_buf).unwrap_or_default();
    // Held until the program ends. A home folder that cannot be written to is told in the window, by the vault.
    let _lock = match single::claim(&home) {
        Ok(Some(lock)) => Some(lock),
        Ok(None) => return ExitCode::SUCCESS,
        Err(_) => None,
    };
    let shell = Arc::new(Shell::new(Arc::new(Window::new(surroundings))));
    let ticking = Arc::clone(&shell);
    let closing = Arc::clone(&shell);
    let run = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(shell)
        .setup(move |app| {
            open_window(app)?;
            let app = app.handle().clone();
            std::thread::spawn(move || tick(&ticking, &app, &home));
            Ok(())
        })
        .on_window_event(move |window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                // Work that is under way, or a page that cannot be asked: the page decides, or nothing does.
                let running = closing.window.running();
                if closing.tell(AppEvent::CloseRequested { running }) {
                    api.prevent_close();
                }
            } else if let WindowEvent::DragDrop(tauri::DragDropEvent::Drop { paths, .. }) = event {
                let paths = paths.iter().map(|path| path.display().to_string()).collect();
                closing.tell(AppEvent::Dropped { paths });
            } else if matches!(event, WindowEvent::Destroyed) {
                closing.window.lock();
                closing.window.end_training(commands::ENDING);
                window.app_handle().exit(0);
            }
        })
        .invoke_handler(commands::handler())
        .run(tauri::generate_context!());
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is no window to show it in.
            drop(std::io::Write::write_all(&mut std::io::stderr(), format!("bogam-desktop: {error}\n").as_bytes()));
            ExitCode::from(3)
        }
    }
}
