//! A headless Chromium, driven through the two pipes of its DevTools protocol: JSON messages, each with a NUL behind it.

use std::io::{BufRead as _, BufReader, PipeReader, PipeWriter, Write as _, pipe};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// After this time the browser counts as hanging, and is stopped.
const GUARD: Duration = Duration::from_secs(240);

/// How long to sleep between two looks at the page.
const PAUSE: Duration = Duration::from_millis(20);

/// For root and without a network.
const OPTIONS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A browser with one page.
pub struct Browser {
    child: Child,
    to: PipeWriter,
    from: BufReader<PipeReader>,
    session: Option<String>,
    last_id: u64,
    /// What went wrong in the page, and what it asked a network for.
    pub complaints: Vec<String>,
    pub requests: Vec<String>,
    _profile: TempDir,
    /// The guard waits for its end.
    _guarded: Sender<()>,
}

impl Browser {
    /// Opens the page at `path`, in a window of this size, and waits until it is ready.
    pub fn open(path: &Path, (width, height): (u32, u32)) -> Browser {
        let profile = TempDir::new().expect("a directory for the browser");
        let (theirs_in, to) = pipe().expect("a pipe");
        let (from, theirs_out) = pipe().expect("a pipe");
        let mut command = Command::new("chromium");
        command.args(OPTIONS).arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let descriptors = [theirs_in.as_raw_fd(), theirs_out.as_raw_fd()];
        // SAFETY: between fork and exec nothing but system calls is made. The browser finds its pipes at 3 and 4; they
        // are copied first, for one of them may be what is there.
        unsafe {
            command.pre_exec(move || {
                let copies = descriptors.map(|descriptor| libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 10));
                for (copy, number) in copies.into_iter().zip(3..) {
                    if libc::dup2(copy, number) == -1 {
                        return Err(std::io::Error::last_os_error());
                    }
                }
                Ok(())
            });
        }
        let child = command.spawn().unwrap_or_else(|error| panic!("chromium: {error}: apt install chromium"));
        let process = child.id() as libc::pid_t;
        let (guarded, guard) = channel::<()>();
        thread::spawn(move || {
            if guard.recv_timeout(GUARD) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // SAFETY: a number; the child was not waited for yet, or the channel would be closed.
                unsafe { libc::kill(process, libc::SIGKILL) };
            }
        });
        let mut browser = Browser {
            child,
            to,
            from: BufReader::new(from),
            session: None,
            last_id: 0,
            complaints: Vec::new(),
            requests: Vec::new(),
            _profile: profile,
            _guarded: guarded,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let session = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.resize(width, height);
        browser.load(path, "");
        browser
    }

    /// Loads the page at `path`, with this fragment behind its address.
    pub fn load(&mut self, path: &Path, fragment: &str) {
        self.call("Page.navigate", json!({ "url": "about:blank" }));
        self.call("Page.navigate", json!({ "url": format!("file://{}{fragment}", path.display()) }));
        self.wait("document.body?.dataset.ready !== undefined");
    }

    pub fn resize(&mut self, width: u32, height: u32) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
    }

    /// Lets the system prefer `light` or `dark`.
    pub fn prefer(&mut self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// The value of an expression, when what was asked to be drawn is.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let drawn = format!(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => {expression})"
        );
        let parameters = json!({ "expression": drawn, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", parameters);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Waits until a condition holds.
    pub fn wait(&mut self, condition: &str) {
        let start = Instant::now();
        while self.evaluate(condition) != json!(true) {
            assert!(start.elapsed() < GUARD, "waited for {condition}: {:?}", self.complaints);
            thread::sleep(PAUSE);
        }
    }

    /// Moves the pointer to the middle of what an expression gives, an element.
    pub fn point(&mut self, element: &str) -> (f64, f64) {
        let middle = format!(
            "(() => {{ const {{ x, y, width, height }} = ({element}).getBoundingClientRect();
                return [x + Math.min(width / 2, 200), y + height / 2]; }})()"
        );
        let place = self.evaluate(&middle);
        let (x, y) = (place[0].as_f64().expect("a place"), place[1].as_f64().expect("a place"));
        self.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": x, "y": y }));
        (x, y)
    }

    pub fn click(&mut self, element: &str) {
        let (x, y) = self.point(element);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses a key: a character, or one by name.
    pub fn press(&mut self, key: &str) {
        // Browsers know keys without a character by these numbers.
        const CODES: [(&str, u32); 8] = [
            ("ArrowLeft", 37),
            ("ArrowUp", 38),
            ("ArrowRight", 39),
            ("ArrowDown", 40),
            ("End", 35),
            ("Home", 36),
            ("Escape", 27),
            ("Enter", 13),
        ];
        let code = CODES.iter().find(|&&(name, _)| name == key).map_or(0, |&(_, code)| code);
        let text = if code == 0 { key } else { "" };
        let down = json!({ "type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
        self.call("Input.dispatchKeyEvent", down);
        let up = json!({ "type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": code });
        self.call("Input.dispatchKeyEvent", up);
    }

    /// Calls a method and waits for its answer; notes what is told in between.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).expect("the browser listens");
        loop {
            let mut answer = Vec::new();
            self.from.read_until(0, &mut answer).expect("the browser answers");
            assert_eq!(answer.pop(), Some(0), "the browser ended, or did not answer to {method} in {GUARD:?}");
            let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
            if answer["id"] == self.last_id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.note(&answer);
        }
    }

    fn note(&mut self, event: &Value) {
        let parameters = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => self.complaints.push(parameters["exceptionDetails"].to_string()),
            Some("Log.entryAdded") => self.complaints.push(parameters["entry"].to_string()),
            Some("Network.requestWillBeSent") => {
                self.requests.push(parameters["request"]["url"].as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself. If it does not end now, the guard sees to it.
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.child.wait();
    }
}
