// A button for an action; one that changes much asks first and says what will happen.
import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useAction, type Action } from '../api/actions';

interface ActProps {
  action: Action;
  label: string;
  icon?: ReactNode;
  /** What will happen, for actions that ask first. */
  ask?: ReactNode;
  variant?: 'filled' | 'default';
  disabled?: boolean;
}

export function Act({ action, label, icon, ask, variant = 'default', disabled }: ActProps) {
  const { mutate, isPending } = useAction();
  const [isOpen, dialog] = useDisclosure(false);
  const start = (): void => {
    mutate(action, { onSettled: dialog.close });
  };
  return (
    <>
      <Button
        size="xs"
        variant={variant}
        leftSection={icon}
        loading={isPending && !ask}
        disabled={disabled ?? false}
        onClick={ask ? dialog.open : start}
      >
        {ask ? `${label}…` : label}
      </Button>
      {ask ? (
        <Modal opened={isOpen} onClose={dialog.close} title={label} centered size="md">
          <div className="ask">{ask}</div>
          <div className="ask-buttons">
            <Button size="xs" variant="default" onClick={dialog.close}>
              Leave it
            </Button>
            <Button size="xs" loading={isPending} onClick={start} data-autofocus>
              {label}
            </Button>
          </div>
        </Modal>
      ) : null}
    </>
  );
}
