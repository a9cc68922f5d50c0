/**
 * What floats: panels, menus, dialogs. All of React Aria comes with this file, in one chunk that is loaded when the
 * first of them opens; import it with `coming` (on-demand.tsx), never from a page's own code.
 */
import type { ReactNode } from 'react';
import {
  Menu as AriaMenu,
  Dialog,
  Heading,
  MenuItem,
  Modal,
  ModalOverlay,
  Popover,
} from 'react-aria-components';
import { Button } from './button.tsx';
import css from './overlays.module.css';

interface PanelProps {
  readonly label: string;
  /** What it hangs on. */
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
  readonly children: ReactNode;
}
/** A panel under a control. Escape and a click outside close it. */
export const Panel = ({ label, anchor, onClose, children }: PanelProps) => (
  <Popover
    isOpen
    triggerRef={{ current: anchor }}
    placement="bottom end"
    offset={4}
    onOpenChange={(open) => !open && onClose()}
    className={css.panel!}
  >
    <Dialog aria-label={label} className={css.dialog!}>
      {children}
    </Dialog>
  </Popover>
);

export interface MenuChoice {
  readonly id: string;
  readonly words: string;
  readonly danger?: boolean;
}
export const Menu = (props: {
  label: string;
  anchor: HTMLElement;
  choices: readonly MenuChoice[];
  onChoose: (id: string) => void;
  onClose: () => void;
}) => (
  <Popover
    isOpen
    aria-label={props.label}
    triggerRef={{ current: props.anchor }}
    placement="bottom end"
    offset={4}
    onOpenChange={(open) => !open && props.onClose()}
    className={css.panel!}
  >
    <AriaMenu
      aria-label={props.label}
      className={css.menu!}
      autoFocus
      onAction={(id) => {
        props.onChoose(String(id));
        props.onClose();
      }}
    >
      {props.choices.map((choice) => (
        <MenuItem key={choice.id} id={choice.id} className={choice.danger ? css.danger! : css.item!}>
          {choice.words}
        </MenuItem>
      ))}
    </AriaMenu>
  </Popover>
);

interface SheetDialogProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly wide?: boolean;
  readonly children: ReactNode;
}
/** Over the page: the palette, the list of keys. */
export const Over = ({ label, onClose, children }: SheetDialogProps) => (
  <ModalOverlay isOpen isDismissable className={css.scrim!} onOpenChange={(open) => !open && onClose()}>
    <Modal className={css.modal!}>
      <Dialog aria-label={label} className={css.dialog!}>
        {children}
      </Dialog>
    </Modal>
  </ModalOverlay>
);

/** Asks before what cannot be taken back, and names its effect. */
export const Confirm = (props: {
  title: string;
  effect: ReactNode;
  act: string;
  onAct: () => void;
  onClose: () => void;
}) => (
  <ModalOverlay isOpen isDismissable className={css.scrim!} onOpenChange={(open) => !open && props.onClose()}>
    <Modal className={css.modal!}>
      <Dialog role="alertdialog" className={css.confirm!}>
        <Heading slot="title" level={2}>
          {props.title}
        </Heading>
        <p>{props.effect}</p>
        <div className={css.acts}>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            kind="danger"
            onClick={() => {
              props.onAct();
              props.onClose();
            }}
          >
            {props.act}
          </Button>
        </div>
      </Dialog>
    </Modal>
  </ModalOverlay>
);
