//! Bringing the ledger into line with a source's folder, and noticing when there is something to bring.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use rushlight_core::{IndexEvent, Result, ScanEntry, ScanSummary, Source, SourceEvent, SourceId};
use rushlight_ingest::{PlanScope, adopt_moved, plan};
use rushlight_ledger::SourceRecord;

use crate::indexer::{Command, Due, Indexer};
use crate::status::{Activity, Watching};

impl Indexer<'_> {
    pub(crate) fn watch(&mut self, record: &SourceRecord) {
        let commands = self.shared.commands.clone();
        let id = record.id;
        let sink = Box::new(move |event| {
            // The receiver lives as long as the engine; after its end nobody wants the hint.
            let _ = commands.send(Command::Hint(id, event));
        });
        // What an earlier watcher could not do says nothing of this one.
        self.shared.progress.lock().watching.remove(&id);
        let watching = match self.shared.source(record).and_then(|source| source.watch(sink)) {
            Ok(guard) => {
                self.guards.insert(id, guard);
                Watching::Events
            }
            Err(error) => Watching::None(error.chain()),
        };
        self.shared.progress.lock().watching.insert(id, watching);
        self.shared.touch();
    }

    /// Roots that were missing and are there again are looked at whole.
    pub(crate) fn look_for_missing_roots(&mut self) -> Result<()> {
        for id in self.offline.clone() {
            let Ok(record) = self.shared.ledger.source(id) else {
                self.offline.remove(&id);
                continue;
            };
            let found = self
                .shared
                .source(&record)
                .and_then(|source| look_for(&*source, &record));
            // One that cannot even be looked for keeps nobody else from being indexed.
            if found.is_ok_and(|found| found) {
                self.hint(id, SourceEvent::Rescan);
            }
        }
        Ok(())
    }

    pub(crate) fn scan(&mut self, id: SourceId, due: Due) -> Result<()> {
        let Ok(record) = self.shared.ledger.source(id) else {
            return Ok(());
        };
        self.shared.set_activity(Activity::Scanning);
        self.shared
            .reporter
            .report(&IndexEvent::ScanStarted { source: id });
        let under: Vec<String> = match due {
            Due::All => vec![String::new()],
            Due::Paths(paths) => paths.into_iter().collect(),
        };
        let source = self.shared.source(&record)?;
        let (seen, summary) = self.see(&*source, &under)?;
        let known = if under == [""] {
            self.shared.ledger.files(id)?
        } else {
            let mut known = BTreeMap::new();
            for path in &under {
                let below = self.shared.ledger.files_below(id, path)?;
                known.extend(below.into_iter().map(|file| (file.id, file)));
            }
            known.into_values().collect()
        };
        let scope = PlanScope {
            under,
            parser_version: self.shared.parser.version(),
            devices: record.devices.clone(),
        };
        let mut plan = plan(&known, &seen, &summary, &scope);
        drop(seen);
        adopt_moved(&mut plan, &known, scope.parser_version, &mut |stamp| {
            self.shared.content_hash(&*source, stamp).ok().flatten()
        });
        if plan.online {
            if self.offline.remove(&id) && self.follows {
                // A watcher does not outlive what it watched.
                self.guards.remove(&id);
                self.watch(&record);
            }
        } else {
            self.offline.insert(id);
            self.shared.reporter.report(&IndexEvent::Offline { source: id });
            if !self.summary.offline.contains(&record.root) {
                self.summary.offline.push(record.root.clone());
            }
        }
        self.shared.reporter.report(&IndexEvent::Planned {
            source: id,
            upserts: plan.upserts(),
            deletes: plan.deleted.len() as u64,
            renames: plan.renamed.len() as u64,
        });
        let changed = self
            .shared
            .ledger
            .apply_plan(id, &plan, self.shared.clock.now())?;
        self.unpublished.extend(changed);
        self.publish()?;
        self.shared.touch();
        Ok(())
    }

    /// Everything below these paths.
    fn see(&self, source: &dyn Source, under: &[String]) -> Result<(Vec<ScanEntry>, ScanSummary)> {
        let shared = Arc::clone(self.shared);
        let mut seen = Vec::new();
        let mut all = ScanSummary {
            online: true,
            ..ScanSummary::default()
        };
        for path in under {
            let part = source.scan(path, &mut |entry: ScanEntry| {
                seen.push(entry);
                match shared.stopping() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            })?;
            let ScanSummary {
                online,
                files,
                unreadable,
                stopped,
                devices,
            } = part;
            all.online &= online;
            all.files += files;
            all.unreadable += unreadable;
            all.stopped |= stopped;
            all.devices.extend(devices);
        }
        Ok((seen, all))
    }
}

/// True when a scan of the root would no longer find it missing.
fn look_for(source: &dyn Source, record: &SourceRecord) -> Result<bool> {
    let mut something = false;
    let summary = source.scan("", &mut |_| {
        something = true;
        ControlFlow::Break(())
    })?;
    let mounted = record.devices.is_empty() || !record.devices.is_disjoint(&summary.devices);
    Ok(summary.online && (something || mounted))
}
