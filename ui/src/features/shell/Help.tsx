import { Dialog } from "../../components/Dialog";

const SECTIONS: { title: string; keys: [string, string][] }[] = [
  {
    title: "Everywhere",
    keys: [["Ctrl K", "Search DAGs and actions"], ["1 2 3 4", "Home, DAGs, import errors, admin"], ["/", "Search in the page"], ["?", "This help"], ["Esc", "Close"]],
  },
  {
    title: "DAG",
    keys: [["g", "Switch grid and graph"], ["t", "Trigger"], ["← ↑ → ↓", "Move in the grid"], ["Enter", "Open the cell"], ["Space", "Fold or unfold the group"], ["c", "Clear the selection"], ["Esc", "Close the panel"]],
  },
  {
    title: "Log",
    keys: [["/", "Search"], ["Enter", "Next hit, with Shift the one before"], ["e", "Next error"], ["f", "Follow the end"], ["w", "Wrap lines"], ["d", "Download"]],
  },
];

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className="help">
        {SECTIONS.map((section) => (
          <section key={section.title}>
            <h3>{section.title}</h3>
            <dl>
              {section.keys.map(([key, what]) => (
                <div key={key}>
                  <dt><kbd>{key}</kbd></dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
